"""Write tests/vectors/bundles: proof bundles, good and hostile, each with its verdict.

    python scripts/make_bundle_vectors.py [--check]

Every verdict is stated in tests/support/cases_*.py and checked while writing. `--check`
writes nothing and fails where a file differs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "tests" / "vectors" / "bundles"


def main() -> int:
    """Write or compare the files; return the exit status."""
    parser = argparse.ArgumentParser(description="write tests/vectors/bundles")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from tests.support.cases import write  # noqa: PLC0415  the path is set above
    from tests.support.cases_all import GROUPS  # noqa: PLC0415  as above

    files = write(GROUPS)
    if options.check:
        return _compare(files)
    TARGET.mkdir(parents=True, exist_ok=True)
    for stale in set(TARGET.glob("*.json")) - {TARGET / name for name in files}:
        stale.unlink()
    for name, text in files.items():
        (TARGET / name).write_text(text, encoding="utf-8")
    print(f"wrote {len(files)} files to {TARGET.relative_to(ROOT)}")
    return 0


def _compare(files: dict[str, str]) -> int:
    differing = [
        name
        for name, text in files.items()
        if not (TARGET / name).exists() or (TARGET / name).read_text(encoding="utf-8") != text
    ]
    for name in differing:
        print(f"bundle vectors are stale: {name}; run scripts/make_bundle_vectors.py")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
