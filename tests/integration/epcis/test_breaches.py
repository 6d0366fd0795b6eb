"""A breach of the one-code rules that is only told, on every way in."""

from __future__ import annotations

from tests.support.api import Api, problem
from tests.support.capture import CAPTURE, EVENTS, job_of, posted
from tests.support.ledger import document, event
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


ZH = {"Accept-Language": "zh"}
EN = {"Accept-Language": "en"}
THING = "https://id.gs1.org/01/09521234567899/21/S1"
LATER = "2026-05-09T08:00:00.000Z"


def told_in_chinese(detail: str) -> bool:
    """Tell whether a sentence names the thing, the rule and both events in Chinese."""
    start = f"{THING} 违反“编码只启用一次”的规则："
    both = "2026-05-01T08:00:01.000Z" in detail and LATER in detail
    return detail.startswith(start) and both and "contradicts" not in detail


def test_breach_of_a_job_names_rule_and_events_in_the_readers_language(api: Api) -> None:
    set_mode(api, RuleMode.ENFORCE)
    assert api.submit(document(event(1, **MADE))).status_code == 201
    answer = posted(api, CAPTURE, document(event(1, **MADE, eventTime=LATER)))
    assert not job_of(api, answer)["success"]
    path = answer.headers["location"]
    zh = api.client.get(path, headers=api.headers("participant") | ZH).json()
    assert told_in_chinese(zh["errors"][0]["detail"])
    assert told_in_chinese(zh["events"][0]["errors"][0]["detail"])
    en = api.client.get(path, headers=api.headers("participant") | EN).json()
    assert en["errors"][0]["detail"] == en["errors"][0]["message"]
    assert "contradicts" in en["events"][0]["errors"][0]["detail"]


def test_breach_that_is_told_is_told_in_chinese(api: Api) -> None:
    set_mode(api, RuleMode.WARN)
    assert api.submit(document(event(1, **MADE))).status_code == 201
    answer = posted(api, "/api/batches", document(event(1, **MADE, eventTime=LATER)), headers=ZH)
    assert told_in_chinese(answer.json()["records"][0]["breaches"][0]["detail"])
    answer = posted(api, CAPTURE, document(event(1, **MADE, eventTime="2026-05-10T08:00:00.000Z")))
    assert job_of(api, answer)["accepted"] == 1
    path = answer.headers["location"]
    job = api.client.get(path, headers=api.headers("participant") | ZH).json()
    breach = job["events"][0]["breaches"][0]
    assert breach["detail"].startswith(f"{THING} 违反")
    assert "contradicts" in breach["message"]


def test_refusal_of_a_breach_says_so_at_its_top(api: Api) -> None:
    set_mode(api, RuleMode.ENFORCE)
    assert api.submit(document(event(1, **MADE))).status_code == 201
    value = document(event(1, **MADE, eventTime=LATER))
    answer = posted(api, "/api/batches", value, headers=ZH)
    assert told_in_chinese(problem(answer, 400, "COMMISSIONED_TWICE")["detail"])
    answer = posted(api, "/api/batches", value, headers=EN)
    assert "contradicts" in problem(answer, 400, "COMMISSIONED_TWICE")["detail"]
    answer = posted(api, EVENTS, commissioning(1, eventTime=LATER), headers=ZH)
    found = problem(answer, 400, "COMMISSIONED_TWICE")
    assert "违反“编码只启用一次”的规则：本事件 (2026-05-09" in found["detail"]
    assert "'this event'" in found["message"]


def test_general_problem_is_told_in_chinese_with_its_message_beside_it(api: Api) -> None:
    answer = api.client.get(f"{CAPTURE}/none", headers=api.headers("participant") | ZH)
    found = problem(answer, 404, "CAPTURE_JOB_UNKNOWN")
    assert found["detail"] == found["title"]
    assert found["message"] == "capture job 'none' is unknown"
    answer = api.client.get(f"{CAPTURE}/none", headers=api.headers("participant") | EN)
    assert problem(answer, 404, "CAPTURE_JOB_UNKNOWN")["detail"] == found["message"]
