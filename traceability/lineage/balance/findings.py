"""What a balance finds: material that is missing or too much, and why others do not close."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from traceability.lineage.balance.accounts import BREACHED, Account, Closing
from traceability.lineage.balance.measuring import Trouble
from traceability.lineage.balance.results import Made
from traceability.lineage.balance.tolerance import Tolerance
from traceability.lineage.balance.units import BASE_UNITS, MASS, as_text
from traceability.lineage.results import Finding

MASS_UNACCOUNTED = "MASS_UNACCOUNTED"
OUTPUT_EXCEEDS_INPUT = "OUTPUT_EXCEEDS_INPUT"
LOT_OVERDRAWN = "LOT_OVERDRAWN"
STOCK_DIFFERS = "STOCK_DIFFERS"
RECEIVED_DIFFERS = "RECEIVED_DIFFERS"

REASONS = {
    "AMOUNT_MISSING": "an event names this lot without an amount",
    "AMOUNT_INVALID": "an event gives an amount of this that is beyond all reason",
    "UNIT_UNKNOWN": "an event gives an amount of this in a unit that is not known",
    "NET_WEIGHT_MISSING": "nobody states the net weight of one of this",
    "NET_WEIGHT_INVALID": "the net weight stated for this is no amount of mass",
    "NET_WEIGHT_DISPUTED": "events state different net weights of this",
    "CONTENTS_UNKNOWN": "a container went in, and nobody says what and how much was in it",
    "DIMENSIONS_MIXED": "amounts are in units that cannot be converted into each other",
    "INPUT_MISSING": "nobody says what went into this transformation",
    "OUTPUT_MISSING": "nobody says what came out of this transformation",
}


def findings_of(
    made: Iterable[Made], accounts: Iterable[Account], *, tolerance: Tolerance
) -> tuple[Finding, ...]:
    """Return what is to be said, ordered by code and subject, each once."""
    found: set[Finding] = set()
    for one in made:
        found.update(_of_making(one.closing, one.event_ids[0]))
    for account in accounts:
        found.update(_of_account(account, tolerance))
    return tuple(sorted(found))


def _of_making(closing: Closing, name: str) -> Iterator[Finding]:
    for trouble in closing.troubles:
        yield _reason(trouble, name)
    missing = closing.unaccounted
    if closing.state != BREACHED or missing is None:
        return
    unit = BASE_UNITS[closing.dimension or MASS]
    of = as_text(closing.input or missing)
    if missing > 0:
        message = f"of {of} {unit} that went in, {as_text(missing)} {unit} did not come out"
        yield Finding(MASS_UNACCOUNTED, name, message)
    else:
        message = f"{as_text(-missing)} {unit} more came out than the {of} {unit} that went in"
        yield Finding(OUTPUT_EXCEEDS_INPUT, name, message)


def _of_account(account: Account, tolerance: Tolerance) -> Iterator[Finding]:
    for trouble in account.troubles:
        yield _reason(trouble, account.code)
    dimension = account.dimension or MASS
    unit, entered, left = BASE_UNITS[dimension], account.entered, account.left
    if account.troubles or entered is None or left is None:
        return
    checks = (
        (LOT_OVERDRAWN, left, "more of it was used than there was"),
        (STOCK_DIFFERS, account.short, "a stock-taking found another amount than was left"),
        (RECEIVED_DIFFERS, account.lost, "another amount was received than was shipped"),
    )
    for code, difference, message in checks:
        is_small = tolerance.allows(difference, of=entered, dimension=dimension)
        if is_small or (code == LOT_OVERDRAWN and difference > 0):
            continue
        yield Finding(code, account.code, f"{message}: {as_text(abs(difference))} {unit}")


def _reason(trouble: Trouble, subject: str) -> Finding:
    return Finding(trouble.reason, trouble.subject or subject, REASONS[trouble.reason])
