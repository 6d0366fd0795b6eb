"""What a disclosure policy may say, and each way in which it may not."""

from __future__ import annotations

from typing import Any

import pytest

from traceability.hashing.commitment import Field, RecordKind
from traceability.ledger.disclosure_policy import (
    DEFAULT_POLICY,
    MAX_PARTNERS,
    DisclosurePolicyInvalid,
    parse_policy,
)

GLN = "9521234567899"


def policy(**changes: Any) -> dict[str, Any]:
    value = {"format": "itemproof-disclosure-1", "version": 1}
    return {name: part for name, part in (value | changes).items() if part is not None}


def rule(public: Any = (), partner: Any = "all") -> dict[str, Any]:
    return {name: list(part) if isinstance(part, tuple) else part
            for name, part in (("public", public), ("partner", partner))}  # fmt: skip


def fields(*paths: tuple[str | int, ...]) -> list[Field]:
    return [Field(path, bytes(16), "x") for path in paths]


class TestReading:
    def test_takes_the_least_policy(self) -> None:
        assert parse_policy(policy()).version == 1

    def test_takes_rules_and_partners(self) -> None:
        found = parse_policy(
            policy(
                version=7,
                partners=[GLN],
                events={
                    "default": rule(("readPoint",)),
                    "ObjectEvent": rule((["ilmd", "ex:grade"],)),
                },
                documents={"application/json": rule("all")},
            )
        )
        assert (found.version, found.partners) == (7, {GLN})
        shown = found.rule(RecordKind.EVENT, {"type": "ObjectEvent"}).public
        of_ilmd = fields(("ilmd", "ex:grade"), ("ilmd", "ex:price"))
        assert [shown.shows(one) for one in of_ilmd] == [True, False]
        other = found.rule(RecordKind.EVENT, {"type": "AggregationEvent"}).public
        assert [shown.has("readPoint"), other.has("readPoint")] == [False, True]
        document = found.rule(RecordKind.DOCUMENT, {"media_type": "application/json"})
        assert document.public.everything

    def test_a_member_stands_for_all_its_parts(self) -> None:
        shown = parse_policy(policy(events={"default": rule(("epcList",))})).rule(
            RecordKind.EVENT, {"type": "ObjectEvent"}
        )
        assert all(shown.public.shows(one) for one in fields(("epcList", 0), ("epcList", 10)))

    def test_without_a_policy_partners_see_all_and_the_public_nothing_more(self) -> None:
        found = DEFAULT_POLICY.rule(RecordKind.EVENT, {"type": "ObjectEvent"})
        assert (found.public.names, found.public.everything) == (frozenset(), False)
        assert found.partner.everything


@pytest.mark.parametrize(
    ("changed", "pointer", "message"),
    [
        ({"format": "other"}, "/format", "format is unknown"),
        ({"format": None}, "/format", "member is missing"),
        ({"version": None}, "/version", "member is missing"),
        ({"version": 0}, "/version", "version is no number"),
        ({"version": True}, "/version", "version is no number"),
        ({"version": 1.5}, "/version", "version is no number"),
        ({"version": 2**31}, "/version", "version is no number"),
        ({"extra": 1}, "/extra", "member is unknown"),
        ({"partners": GLN}, "/partners", "value is not a list"),
        ({"partners": [7]}, "/partners/0", "partner is not text"),
        ({"partners": ["9521234567890"]}, "/partners/0", "partner is no GLN"),
        ({"partners": [GLN, GLN]}, "/partners/1", "partner is named twice"),
        ({"partners": [GLN] * (MAX_PARTNERS + 1)}, "/partners", "list is too long"),
        ({"events": []}, "/events", "value is not an object"),
        ({"events": {"Event": rule()}}, "/events/Event", "event type is unknown"),
        ({"events": {"default": []}}, "/events/default", "value is not an object"),
        ({"events": {"default": {"public": []}}}, "/events/default/partner", "member is missing"),
        (
            {"events": {"default": rule("everything")}},
            "/events/default/public",
            "word is unknown",
        ),
        ({"events": {"default": rule(("a", "a"))}}, "/events/default/public/1", "stands twice"),
        ({"events": {"default": rule(("",))}}, "/events/default/public/0", "name is malformed"),
        ({"events": {"default": rule((7,))}}, "/events/default/public/0", "name is malformed"),
        (
            {"events": {"default": rule((["a", "b", "c"],))}},
            "/events/default/public/0",
            "name is malformed",
        ),
        (
            {"events": {"default": rule((["readPoint", "id"],))}},
            "/events/default/public/0",
            "has no parts of its own",
        ),
        (
            {"events": {"default": rule(("bizStep",))}},
            "/events/default/public/0",
            "shown by another rule",
        ),
        (
            {"events": {"default": rule(("@context",))}},
            "/events/default/public/0",
            "shown by another rule",
        ),
        ({"documents": {"JSON": rule()}}, "/documents/JSON", "media type is malformed"),
        (
            {"documents": {"application/xml": rule()}},
            "/documents/application~1xml",
            "no rule of its own",
        ),
        (
            {"documents": {f"a/b{n}": rule() for n in range(65)}},
            "/documents",
            "rules are too many",
        ),
    ],
)  # fmt: skip
def test_refuses_by_name(changed: dict[str, Any], pointer: str, message: str) -> None:
    with pytest.raises(DisclosurePolicyInvalid, match=message) as caught:
        parse_policy(policy(**changed))
    assert caught.value.pointer == pointer


@pytest.mark.parametrize("value", [None, [], "all", 7])
def test_refuses_what_is_no_object(value: Any) -> None:
    with pytest.raises(DisclosurePolicyInvalid, match="not an object"):
        parse_policy(value)
