"""Write the small files of tests/vectors: what each format accepts and refuses.

    python scripts/make_vectors.py [--check]

The cases are in tests/support/vectors. `--check` writes nothing and fails where a file differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "tests" / "vectors"


def main() -> int:
    """Write or compare the files; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    files = made()
    if options.check:
        return _compare(files)
    for name, text in files.items():
        (TARGET / name).write_text(text, encoding="utf-8")
    print(f"wrote {len(files)} files to {TARGET.relative_to(ROOT)}")
    return 0


def made() -> dict[str, str]:
    """Return the text of every file."""
    sys.path.insert(0, str(ROOT))
    from tests.support.vectors.files import FILES  # noqa: PLC0415  the path is set above

    return {
        name: json.dumps(content(), indent=1, ensure_ascii=True) + "\n"
        for name, content in FILES.items()
    }


def _compare(files: dict[str, str]) -> int:
    stale = [
        name
        for name, text in files.items()
        if not (TARGET / name).exists() or (TARGET / name).read_text(encoding="utf-8") != text
    ]
    if stale:
        print(f"vectors are stale: run scripts/make_vectors.py for {', '.join(stale)}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
