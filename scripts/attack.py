"""Attack a ledger of one's own and print what it survived.

    python scripts/attack.py [--only GLOB] [--small]

Prints a row as soon as it is known and writes `attack-results.json`. Exit 1 if a trial is lost,
2 if no attack has such a name.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.attack.everything import ATTACKS
from tests.attack.table import FULL, SMALL, Attack, Outcome, Setting, heading, line, to_json

RESULTS = Path("attack-results.json")


def main() -> int:
    """Run the wanted attacks, print their rows, tell whether all was survived."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="*", help="glob over the names, such as '*killed*'")
    parser.add_argument("--small", action="store_true", help="few trials, as the tests make them")
    wanted = parser.parse_args()
    chosen = [attack for attack in ATTACKS if fnmatch(attack.name, wanted.only)]
    if not chosen:
        parser.error(f"no attack is named {wanted.only!r}: expected a glob over the table's names")
    return run_all(chosen, SMALL if wanted.small else FULL)


def run_all(attacks: Sequence[Attack], setting: Setting) -> int:
    """Run attacks, print and keep each row as soon as it is known; return the exit status."""
    rows: list[tuple[Attack, Outcome]] = []
    print(heading())
    for attack in attacks:
        rows.append((attack, outcome_of(attack, setting)))
        print(line(*rows[-1]), flush=True)
        RESULTS.write_text(to_json(rows), encoding="utf-8")
    return 0 if all(outcome.is_survived for _, outcome in rows) else 1


def outcome_of(attack: Attack, setting: Setting) -> Outcome:
    """Run one attack in a folder of its own; one that breaks off is lost, and the next is run."""
    with tempfile.TemporaryDirectory(prefix="itemproof-attack-") as folder:
        try:
            return attack.run(setting, Path(folder))
        except Exception as error:  # an hour of other attacks is worth more
            traceback.print_exc()
            return Outcome(1, 0, f"broke off: {type(error).__name__}: {error}")


if __name__ == "__main__":
    sys.exit(main())
