"""Attack a ledger of one's own and print what it survived.

    python scripts/attack.py [--only GLOB] [--small]

Prints a row as soon as it is known and writes `attack-results.json`. Exit 1 if a trial is lost.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from fnmatch import fnmatch
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.attack.everything import ATTACKS
from tests.attack.table import FULL, SMALL, Attack, Outcome, heading, line, to_json

RESULTS = Path("attack-results.json")


def main() -> int:
    """Run the wanted attacks, print their rows, tell whether all was survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*", help="glob over the names, such as '*killed*'")
    parser.add_argument("--small", action="store_true", help="few trials, as the tests make them")
    wanted = parser.parse_args()
    setting = SMALL if wanted.small else FULL
    rows: list[tuple[Attack, Outcome]] = []
    print(heading())
    for attack in ATTACKS:
        if fnmatch(attack.name, wanted.only):
            with tempfile.TemporaryDirectory(prefix="itemproof-attack-") as folder:
                rows.append((attack, attack.run(setting, Path(folder))))
            print(line(*rows[-1]), flush=True)
    RESULTS.write_text(to_json(rows), encoding="utf-8")
    return 0 if rows and all(outcome.is_survived for _, outcome in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
