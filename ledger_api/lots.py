"""A minted lot as labels and pages show it: its code, its name, its serials."""

from __future__ import annotations

from dataclasses import dataclass

from ledger_api.i18n.local_text import LocalText
from traceability.errors import Conflict
from traceability.ledger.lookup import CodeUnknown
from traceability.ledger.mint import LOT_MEDIA_TYPE
from traceability.store.repositories import Repositories
from traceability.store.repositories.items import ItemRun
from traceability.store.store import Store
from traceability.strict_json import JSONValue, parse_json


class LotAmbiguous(Conflict):
    """Several products have a lot of this number."""

    code = "LOT_AMBIGUOUS"


@dataclass(frozen=True, slots=True)
class MintedLot:
    """A lot with its serials, in the order of their records."""

    gtin: str
    lot: str
    name: LocalText
    serials: tuple[str, ...]


def find_lot(store: Store, lot: str, *, gtin: str | None = None) -> MintedLot:
    """Return a minted lot by its number, and by its GTIN where several share the number.

    Raises
    ------
    CodeUnknown, LotAmbiguous
    """
    with store.reading() as repositories:
        runs = repositories.items.runs_of_lot(lot, gtin=gtin)
        if not runs:
            raise CodeUnknown(f"lot {lot!r} is unknown: nothing was minted under it")
        if len({run.gtin for run in runs}) > 1:
            raise LotAmbiguous(
                f"lot {lot!r} is ambiguous: expected GTIN/LOT with one of "
                f"{', '.join(sorted({run.gtin for run in runs}))}"
            )
        serials = [
            item.serial
            for run in runs
            for item in repositories.items.between(
                run.batch, run.first_index, run.first_index + run.quantity
            )
        ]
        return MintedLot(runs[0].gtin, lot, lot_name(repositories, runs[0]), tuple(serials))


def lot_attributes(repositories: Repositories, run: ItemRun) -> dict[str, JSONValue]:
    """Return what record 0 of the lot's batch says; empty where it says nothing."""
    row = repositories.batches.record(run.batch, 0)
    if row is None or row.payload is None or row.media_type != LOT_MEDIA_TYPE:
        return {}
    value = parse_json(row.payload)
    return value if isinstance(value, dict) else {}


def lot_name(repositories: Repositories, run: ItemRun) -> LocalText:
    """Return the product's name in both languages; the GTIN stands in for a missing one."""
    name = lot_attributes(repositories, run).get("name")
    texts = name if isinstance(name, dict) else {}
    chinese, english = texts.get("zh"), texts.get("en")
    return LocalText(
        zh=chinese if isinstance(chinese, str) else "",
        en=english if isinstance(english, str) else "",
    )
