"""Write docs/audited-columns.md: every column, what commits to it, and that the audit names it.

    python scripts/make_audited_columns.py [--check]

The figures are those of a whole run of tests/attack/columns.py and tests/attack/combined.py on
both databases, ten minutes. `--check` makes the same run and writes nothing: exit 1 if a change or
a forgery is not named, if no change of a column takes place, or if the file says another thing.
Rows differ a little from run to run, since keys are drawn; so figures are not compared.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.attack.columns import Found, attacked, table_of, untouched_columns
from tests.attack.combined import Judged, judged
from traceability.ledger.audit.columns import COMMITTED, OPERATIONAL

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "audited-columns.md"
DATABASES = ("sqlite", "postgresql")
# The last two columns of the table, and the line that sums them up.
FIGURES = re.compile(
    r"\| (\d+)(?: \+ (?:all )?\d+ refused)? \| (\d+) \|$|^\*\*(\d+) of (\d+)\*\*.*$", re.M
)
# A forgery: what it says, the column that names it, and whether it did on each database.
FORGED = re.compile(r"^\| .+ \| `[a-z_.]+` \| (yes|no) \| (yes|no) \|$", re.M)
HEAD = """# Audited columns

Written by `scripts/make_audited_columns.py`; do not edit. A test holds that every column of the
schema is in exactly one of the two tables.

## Committed

`itemproof audit` recomputes each of these columns from signed and anchored bytes. To show it, a
small real ledger with final anchors, in which something of each kind is erased whole and in part,
is changed behind its back, one value at a time, on SQLite and on PostgreSQL
(`tests/attack/columns.py`), in rows of every sort: a bit, a character or one more; nothing in the
place of something, and something in the place of nothing; another row's value; two values
exchanged; a row deleted, a row added. After each change the ledger is audited, and the value put
back. A change is **named** if the report names the table and the column, or a column that says
the same: those of a record name `payload`, a code names the events' objects. What the database
itself refuses, such as a key that is there twice, is counted apart; other values are then tried
until it takes one, so that of each column at least one change takes place. Where it refused
every one, the table says "all".

"""
NOT_TOLD = """
What a deletion leaves nobody to miss: attempts to anchor, signed heads that nothing refers to,
and evidence against a key. A mirror has the heads and anchors, and whoever found the evidence
should keep it.

That an anchor's `raw` was emptied is told by what the transaction was expected to cost. Rows
brought back from a mirror or learned from the chain have neither: of one that was made to look
so, the root is still compared with the log, and the evidence read; without evidence it is said to
be unchecked. Then nothing says what `tx_hash`, `nonce` and `from_size` should be.

A correction may be made to wait for nothing, or added where none is due: it is looked at again, and
waits for the same, or is forgotten.

Of a document that is erased whole its header is left, which says its type; of one that lacks the
header, any type is named, and none is accepted: it may have been erased before headers were kept.
A disclosure policy in its place is then taken for one that shows the minimum.

GTIN and number of a lot are what its items hash to. Where all are erased, a keyed hash is left,
under a secret of the node: an audit without that secret does not tell.

"""
TOGETHER = """## Changed together

Whoever changes one column can change others, so that rows fit each other again: a payload with
its hash, the batch's root with it, the entry, tiles and heads; what a backup has of erased
content put back, with or without the status that says that it is gone; content taken away, with
or without an invented status (`tests/attack/combined.py`). Each forgery is made on the same
ledger, on both databases, and must be named by the column that stands here, others aside.

"""
REASONS = """## Not committed

Nothing in the log speaks of these columns. Whoever changes them can hold a ledger up or let it
do something again; no record, status, key or proof says something else for it.

| table | columns | why |
|---|---|---|
"""


def main() -> int:
    """Write or compare the file; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="run all, compare, write nothing")
    is_check = parser.parse_args().check
    with ProcessPoolExecutor(len(DATABASES)) as pool:
        runs = list(pool.map(run, DATABASES))
        forged = list(pool.map(forge, DATABASES))
    text = page(runs, forged)
    faults = [*lost(runs, forged), *text_faults(text)]
    if is_check:
        faults += text_faults(written())
    else:
        TARGET.write_text(text, encoding="utf-8")
        print(f"wrote {TARGET.relative_to(ROOT)}")
    print("\n".join(faults) or "audited columns: every change was named")
    return 1 if faults else 0


def lost(runs: Sequence[Found], forged: Sequence[Sequence[Judged]]) -> list[str]:
    """Return what was not named, and what was never changed."""
    faults = []
    for database, found in zip(DATABASES, runs, strict=True):
        faults += [f"{database}: {missed}" for missed in found.missed]
        faults += [f"{database}: {name} was never changed" for name in untouched_columns(found)]
    return faults + [
        f"{one.says}: not {one.named}, but {one.told}"
        for answers in forged
        for one in answers
        if not one.is_named
    ]


def run(database: str) -> Found:
    """Make every change on a database."""
    with tempfile.TemporaryDirectory(prefix="itemproof-attack-") as folder:
        return attacked(database, Path(folder), thorough=True)


def forge(database: str) -> list[Judged]:
    """Make every forgery on a database."""
    with tempfile.TemporaryDirectory(prefix="itemproof-attack-") as folder:
        return judged(database, Path(folder))


def page(runs: list[Found], forged: list[list[Judged]]) -> str:
    """Return the file's text."""
    rows = table_of(runs)
    tallies = [tally for found in runs for tally in found.tallies.values()]
    made, named = sum(one.made for one in tallies), sum(one.named for one in tallies)
    share = 100 * named // made if made else 0
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return (
        f"{HEAD}**{named} of {made}** changes were named: {share} %.\n\n"
        "| table | column | committed by | changes | named |\n|---|---|---|---|---|\n"
        f"{lines}{NOT_TOLD}{TOGETHER}{_forgeries(forged)}\n{REASONS}{_reasons()}"
    )


def _forgeries(forged: list[list[Judged]]) -> str:
    lines = [
        f"| {answers[0].says} | `{answers[0].named}` | "
        f"{' | '.join('yes' if one.is_named else 'no' for one in answers)} |\n"
        for answers in zip(*forged, strict=True)
    ]
    return f"| forgery | named by | {' | '.join(DATABASES)} |\n|---|---|---|---|\n{''.join(lines)}"


def _reasons() -> str:
    lines = []
    for table, columns in sorted(OPERATIONAL.items()):
        for why in dict.fromkeys(columns.values()):
            names = ", ".join(name for name, reason in columns.items() if reason == why)
            lines.append(f"| {table} | {names} | {why} |\n")
    return "".join(lines)


def written() -> str:
    """Return the file's text."""
    return TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""


def text_faults(text: str) -> list[str]:
    """Return where a text differs from the classes, or says that something was not named."""
    faults = []
    if _without_figures(text) != _without_figures(page([Found()], [])):
        faults.append("audited columns are stale: run scripts/make_audited_columns.py")
    for made, named, total_named, total in FIGURES.findall(text):
        if made != named or total_named != total:
            faults.append(f"a change was not named: {named or total_named} of {made or total}")
    rows = FORGED.findall(text)
    if not rows or any(answer != "yes" for row in rows for answer in row):
        faults.append("a forgery was not named, or none was made")
    columns = sum(map(len, COMMITTED.values()))
    if len(FIGURES.findall(text)) <= columns or "100 %" not in text:
        faults.append("audited columns lack figures")
    return faults


def _without_figures(text: str) -> str:
    # Of rows as such there are only those that could be made.
    is_run = re.compile(rf"\| \(row\) \||{FORGED.pattern}")
    lines = [line for line in text.splitlines() if not is_run.search(line)]
    return FIGURES.sub("", "\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
