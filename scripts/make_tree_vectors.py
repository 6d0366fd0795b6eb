"""Write tests/vectors/trees.json: roots and proofs, true and false, for every language.

    python scripts/make_tree_vectors.py [--check]

The cases are in tests/support/cases_trees.py. Arrays are flat, since Solidity tests read them;
case i owns the path nodes from path_starts[i] up to path_starts[i + 1].
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "tests" / "vectors" / "trees.json"
SOURCE = (
    "RFC 9162, section 2.1; the first eight leaves and roots are those of the Certificate "
    "Transparency reference tests; made by scripts/make_tree_vectors.py"
)


def main() -> int:
    """Write or compare the file; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    sys.path.insert(0, str(ROOT))
    from tests.support import cases_trees  # noqa: PLC0415  the path is set above

    text = json.dumps(vectors(cases_trees), indent=1) + "\n"
    name = TARGET.relative_to(ROOT)
    if not check:
        TARGET.write_text(text, encoding="utf-8")
        print(f"wrote {name}")
    elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
        print(f"tree vectors are stale: run scripts/make_tree_vectors.py for {name}")
        return 1
    return 0


def vectors(cases: Any) -> dict[str, Any]:
    """Return the file's content."""
    return {
        "source": SOURCE,
        "leaves": ["0x" + text for text in cases.REFERENCE_LEAVES],
        "roots": ["0x" + text for text in cases.REFERENCE_ROOTS],
        "inclusion": table(
            cases.inclusions(), ("leaf_hash", "leaf_index", "tree_size", "root_hash")
        ),
        "consistency": table(
            cases.consistencies(), ("from_size", "from_root", "tree_size", "root_hash")
        ),
    }


def table(cases: Sequence[Any], members: Sequence[str]) -> dict[str, Any]:
    """Return cases as one array for each member, and their paths one after the other."""
    starts = [0]
    for case in cases:
        starts.append(starts[-1] + len(case.path))
    columns = {member: [plain(getattr(case, member)) for case in cases] for member in members}
    return {
        "names": [case.name for case in cases],
        "valid": [case.valid for case in cases],
        **columns,
        "path_starts": starts,
        "paths": [plain(node) for case in cases for node in case.path],
    }


def plain(value: bytes | int) -> str | int:
    """Return bytes as 0x and hex digits; numbers stay."""
    return "0x" + value.hex() if isinstance(value, bytes) else value


if __name__ == "__main__":
    sys.exit(main())
