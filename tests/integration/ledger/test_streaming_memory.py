"""The memory of a long document: that of a few pieces, not of the document."""

from __future__ import annotations

import json
import multiprocessing
import resource
from pathlib import Path

from tests.support.ledger import add_participant, document, event, opened_node
from traceability.ledger.streaming import submit_stream

MIB = 2**20
LENGTH = 30 * MIB
# The pages that SQLite remembers are 64 MiB of it, some pieces the rest.
GROWTH = 100 * MIB
FILLING = "x" * 4_000


def write(path: Path, count: int) -> int:
    """Write a document of long events, all different; return its length."""
    value = document(event(0))
    value["@context"].append({"example": "https://example.org/vocabulary/"})
    before, after = json.dumps(value).split(json.dumps(event(0)))
    with path.open("w", encoding="utf-8") as file:
        file.write(before)
        for number in range(count):
            found = event(number % 3600, **{"example:note": f"{number}{FILLING}"})
            file.write((", " if number else "") + json.dumps(found))
        file.write(after)
    return path.stat().st_size


def take(folder: str) -> int:
    """Take a short document, then a long one; return by how many bytes the peak grew."""
    short, long = Path(folder) / "short.json", Path(folder) / "long.json"
    peaks = []
    with opened_node(f"sqlite:///{folder}/ledger.sqlite", Path(folder)) as node:
        participant = add_participant(node)
        for path in (short, long):
            with path.open("rb") as source:
                taken = submit_stream(node.submission, source, "json", participant=participant)
                with taken as result:
                    assert result.rejected == 0
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    return peaks[1] - peaks[0]


def test_does_not_grow_with_the_document(tmp_path: Path) -> None:
    write(tmp_path / "short.json", 100)
    assert write(tmp_path / "long.json", LENGTH // (len(FILLING) + 300)) > LENGTH * 0.9
    # In a process of its own, so that the peak is the document's.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(take, (str(tmp_path),)) < GROWTH
