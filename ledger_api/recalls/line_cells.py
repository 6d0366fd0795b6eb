"""The cells of every line, in all languages at once: what they share is written out once.

Of a hundred thousand lines few cells are their own: those of one event say the same of time,
place, step and proof, and what they say in one language they say in the other by a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Final

from ledger_api.exports.cells import Value
from ledger_api.recalls.view import View
from traceability.lineage.recalls.report import Line

LINE_COLUMNS: Final = (
    "code", "lot", "state", "quantity", "unit", "holder", "gln", "place", "container", "since",
    "step", "record", "proof", "uri",
)  # fmt: skip
# So many of each kind of text are kept: of many events there are many places and proofs.
_KEPT: Final = 4_096

Write = Callable[[Value], str]
Cells = tuple[str, ...]
# State, unit, holder, step.
_Told = tuple[str, str | None, int, str | None]


class LineCells:
    """Writes the cells of lines as one form of file has them.

    Parameters
    ----------
    views
        The same report, in each language.
    write
        Writes a value as the file has it.
    """

    def __init__(self, views: Sequence[View], write: Write) -> None:
        first, kept = views[0], lru_cache(_KEPT)
        self._write = write
        self._code_of = first.code
        self._text = kept(write)
        self._code = kept(lambda code: write(first.code(code)))
        self._since = kept(lambda since: write(first.moment(since)))
        self._gln = kept(lambda holder: write(_gln(first, holder)))
        self._words = [kept(partial(_words, view, write)) for view in views]

    def of(self, lines: Iterable[Line]) -> Iterator[list[Cells]]:
        """Yield the cells of each line, as `LINE_COLUMNS` names them, in each language."""
        text, code = self._text, self._code
        for line in lines:
            own = self._write(self._code_of(line.code)), code(line.lot)
            amount = self._write(plain(line.quantity))
            at = self._gln(line.holder), code(line.place), code(line.container)
            since = self._since(line.since)
            proof = text(line.record), text(line.proof_url), self._write(line.code)
            told = line.state, line.unit, line.holder, line.biz_step
            found: list[Cells] = []
            for words in self._words:
                state, unit, holder, step = words(told)
                found.append((*own, state, amount, unit, holder, *at, since, step, *proof))
            yield found


def _words(view: View, write: Write, told: _Told) -> Cells:
    """Return what differs from language to language."""
    state, unit, holder, biz_step = told
    words = view.say(state), view.unit(unit), view.holder(holder), view.step(biz_step)
    return tuple(map(write, words))


def _gln(view: View, holder: int) -> str | None:
    return view.report.holders[holder].party.gln if holder >= 0 else None


def plain(value: Value) -> Value:
    """Return whole amounts as numbers, so that they can be added up; others keep all digits."""
    is_whole = value is not None and not isinstance(value, str) and value % 1 == 0
    return int(value) if is_whole and value is not None else value
