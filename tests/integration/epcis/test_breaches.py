"""A breach of the one-code rules that is only told, on every way in."""

from __future__ import annotations

from tests.support.api import Api
from tests.support.capture import EVENTS, posted
from tests.support.ledger import event
from traceability.store.repositories.one_code import RuleMode

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
MADE = {"action": "ADD", "bizStep": "commissioning"}


def set_mode(api: Api, mode: RuleMode) -> None:
    with api.node.store.unit_of_work() as work:
        work.repositories.one_code.set_mode(api.participant, mode)
        work.commit()


def commissioning(number: int, **changes: str) -> dict[str, object]:
    return {"@context": CONTEXT, **event(number, **MADE, **changes)}


def test_single_event_is_taken_and_its_breach_told(api: Api) -> None:
    set_mode(api, RuleMode.WARN)
    sound = posted(api, EVENTS, commissioning(1))
    assert (sound.status_code, "ItemProof-Breaches" in sound.headers) == (201, False)
    again = posted(api, EVENTS, commissioning(1, eventTime="2026-05-09T08:00:00.000Z"))
    assert again.status_code == 201
    assert again.headers["ItemProof-Breaches"] == "COMMISSIONED_TWICE"


def test_single_event_is_refused_where_rules_are_enforced(api: Api) -> None:
    set_mode(api, RuleMode.ENFORCE)
    assert posted(api, EVENTS, commissioning(1)).status_code == 201
    again = posted(api, EVENTS, commissioning(1, eventTime="2026-05-09T08:00:00.000Z"))
    assert again.status_code in (400, 409)
    assert "COMMISSIONED_TWICE" in again.text
    assert "'this event'" in again.text
