"""Which lot a serial was minted in, and which serials a lot has, from the item records."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote, unquote

from traceability.lineage.codes import unknown
from traceability.lineage.queries import Reader, Run
from traceability.lineage.searching import search

_BASE = "https://id.gs1.org/01/"
_SERIAL = re.compile(r"https://id\.gs1\.org/01/([0-9]{14})/21/([^/]+)", re.ASCII)
_SERIAL_START = re.compile(r"https://id\.gs1\.org/01/([0-9]{14})/21", re.ASCII)
_LOT = re.compile(r"https://id\.gs1\.org/01/([0-9]{14})/10/([^/]+)", re.ASCII)
# A search reads about so many items; for more serials than that allows, a run is read through.
READS_PER_SERIAL = 75
# So many serials are looked at together where an asker may know of some only.
LISTED_TOGETHER = 10_000


class Membership(NamedTuple):
    """A serial of a lot, and the item record that says so."""

    serial: str
    lot: str
    batch: int
    record_index: int

    def has_lot(self, lot: str) -> bool:
        """Tell whether the serial was minted in a lot, by its bare number."""
        return self.lot.endswith(f"/10/{_encode(lot)}")


class Lots:
    """The lots of some GTINs, read when first asked for."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._runs: dict[str, list[Run]] = {}
        self._known: dict[str, list[Membership]] = {}

    def runs_of(self, gtins: Collection[str]) -> list[Run]:
        """Return every run of the GTINs that belongs to a lot."""
        missing = unknown(gtins, self._runs)
        self._runs |= {gtin: [] for gtin in missing}
        for run in self._reader.runs(missing):
            if run.lot:
                self._runs[run.gtin].append(run)
        return [run for gtin in sorted(gtins) for run in self._runs[gtin]]

    def lots_for(self, starts: Iterable[str]) -> set[str]:
        """Return every lot that has the GTIN of serials, of which the starts are given."""
        gtins = {found[1] for found in map(_SERIAL_START.fullmatch, starts) if found}
        return {lot_code(run) for run in self.runs_of(gtins)}

    def has(self, lot: str) -> bool:
        """Tell whether anything was minted in a lot."""
        found = _LOT.fullmatch(lot)
        runs = [] if found is None else self.runs_of([found[1]])
        own = [run for run in runs if lot_code(run) == lot]
        return any(self._reader.may_list(run.batch) for run in own) or (
            any(True for run in own for _ in self._listed(run, lot, limit=run.quantity))
        )

    def members(self, lot: str, *, limit: int) -> Iterator[Membership]:
        """Yield the serials minted in a lot, at most about `limit`."""
        found = _LOT.fullmatch(lot)
        if found is None:
            return
        wanted = _decode(found[2])
        for run in self.runs_of([found[1]]):
            if run.lot == wanted:
                yield from self._listed(run, lot, limit=limit)

    def _listed(self, run: Run, lot: str, *, limit: int) -> Iterator[Membership]:
        """Yield the serials of a run, as far as the asker may know of them."""
        prefix = f"{_BASE}{run.gtin}/21/"
        if self._reader.may_list(run.batch):
            for index, serial in self._reader.items_of(run, limit=limit):
                yield Membership(prefix + _encode(serial), lot, run.batch, index)
            return
        for part in _parts_of(run, LISTED_TOGETHER):
            yield from self._members_of(part, lot)

    def members_in_parts(self, lot: str, *, size: int) -> Iterator[list[Membership]]:
        """Yield the serials minted in a lot, so many at a time, each by its last record."""
        found = _LOT.fullmatch(lot)
        runs = [] if found is None else self.runs_of([found[1]])
        runs = [run for run in runs if lot_code(run) == lot]
        for at, run in enumerate(runs):
            for part in _parts_of(run, size):
                members = self._members_of(part, lot)
                if at + 1 < len(runs):
                    serials = [one.serial for one in members]
                    others = self._find(serials, {lot})
                    again = {one.serial for one in others if one.batch > run.batch}
                    members = [one for one in members if one.serial not in again]
                yield members

    def _members_of(self, run: Run, lot: str) -> list[Membership]:
        """Return the serials of a part of a run, as far as the asker may know of them."""
        prefix = f"{_BASE}{run.gtin}/21/"
        members = [
            Membership(prefix + _encode(serial), lot, run.batch, index)
            for index, serial in self._reader.items_of(run, limit=run.quantity)
        ]
        if self._reader.may_list(run.batch):
            return members
        known = self._reader.may_know([one.serial for one in members])
        return [one for one in members if one.serial in known]

    def of(
        self, serials: Collection[str], *, lots: Collection[str] | None = None
    ) -> list[Membership]:
        """Return the lots of serials, or which of the given lots they are in."""
        if lots is not None:
            return self._find(serials, lots)
        missing = [serial for serial in serials if serial not in self._known]
        self._known |= {serial: [] for serial in missing}
        for one in self._find(missing, None):
            self._known[one.serial].append(one)
        return [one for serial in serials for one in self._known[serial]]

    def _find(self, serials: Iterable[str], lots: Collection[str] | None) -> list[Membership]:
        by_gtin: dict[str, list[str]] = {}
        for found in map(_SERIAL.fullmatch, serials):
            if found:
                by_gtin.setdefault(found[1], []).append(_decode(found[2]))
        return [
            Membership(f"{_BASE}{run.gtin}/21/{_encode(serial)}", lot_code(run), run.batch, index)
            for run, serial, index in self._locate(by_gtin, lots)
        ]

    def _locate(
        self, by_gtin: dict[str, list[str]], lots: Collection[str] | None
    ) -> Iterator[tuple[Run, str, int]]:
        wanted: list[tuple[Run, list[str]]] = []
        for run in self.runs_of(by_gtin):
            if lots is not None and lot_code(run) not in lots:
                continue
            serials = by_gtin[run.gtin]
            if len(serials) * READS_PER_SERIAL > run.quantity:
                asked = set(serials)
                for index, serial in self._reader.items_of(run, limit=run.quantity):
                    if serial in asked:
                        yield run, serial, index
            else:
                wanted.append((run, serials))
        yield from search(self._reader, wanted)


def _parts_of(run: Run, size: int) -> Iterator[Run]:
    """Cut a run into parts of so many items."""
    for first in range(0, run.quantity, size):
        count = min(size, run.quantity - first)
        yield run._replace(first_index=run.first_index + first, quantity=count)


def lot_code(run: Run) -> str:
    """Return the canonical code of a run's lot."""
    return f"{_BASE}{run.gtin}/10/{_encode(run.lot)}"


def _encode(data: str) -> str:
    return data if data.isalnum() and data.isascii() else quote(data, safe="")


def _decode(data: str) -> str:
    return unquote(data, encoding="latin-1") if "%" in data else data
