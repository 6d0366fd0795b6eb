"""Ten fields of an event shown, the rest kept back: how long a partial disclosure takes.

Measured are choosing the fields by a policy, salting and hashing all of the event's fields, and
the ten paths. The floor is hashing the leaves and the tree alone, with salts that are there. An
event of 10,000 EPCs has a leaf for each: its row shows what the number of fields costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts.benchmarks.measure import Part, Row, seconds
from traceability.hashing.commitment import Field, RecordKind, salted_fields
from traceability.ledger.disclosure import selection
from traceability.ledger.disclosure_policy import parse_policy
from traceability.merkle.tree import leaf_hash, root_hash
from traceability.strict_json import JSONValue
from traceability.verify.building import disclose

SHOWN = 10
FIELDS, EPCS = 100, 10_000
BUDGET_MILLISECONDS = 5.0
SECRET = bytes(32)


def _event(epcs: int) -> dict[str, Any]:
    """Return an event with ten extensions that are shown, and so many EPCs that are not."""
    return {
        "@context": [{"ex": "https://example.org/"}],
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": "2026-05-01T08:00:00.000Z",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [f"https://id.gs1.org/01/09521234567899/21/S{n}" for n in range(epcs)],
        **{f"ex:field{n}": f"value {n}" for n in range(SHOWN - 1)},
    }


def _measure(*, quick: bool) -> Iterator[Row]:
    del quick  # it takes seconds as it is
    names: list[JSONValue] = [f"ex:field{n}" for n in range(SHOWN - 1)]
    rule: dict[str, JSONValue] = {"public": names, "partner": "all"}
    policy = parse_policy(
        {"format": "itemproof-disclosure-1", "version": 1, "events": {"default": rule}}
    )
    choose = selection("public", policy=policy)
    sizes: tuple[tuple[str, int, float | None], ...] = (
        ("disclosure-10-fields", FIELDS, BUDGET_MILLISECONDS),
        ("disclosure-10-of-10000-epcs", EPCS, None),
    )
    for name, epcs, budget in sizes:
        event = _event(epcs)
        ready = salted_fields(RecordKind.EVENT, event, SECRET)

        def disclosed(event: dict[str, Any] = event) -> int:
            fields = salted_fields(RecordKind.EVENT, event, SECRET)
            return len(disclose(fields, choose(RecordKind.EVENT, fields) or []).shown)

        def hashed(ready: list[Field] = ready) -> bytes:
            return root_hash([leaf_hash(field.leaf_data()) for field in ready])

        floor = seconds(hashed) * 1000
        yield Row(name, seconds(disclosed) * 1000, "ms", budget, floor)


PART = Part(("disclosure-10-fields", "disclosure-10-of-10000-epcs"), _measure)
