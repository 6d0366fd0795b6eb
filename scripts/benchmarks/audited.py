"""Audit a ledger, and say how fast that was and what memory it took: a program of its own.

    python -m scripts.benchmarks.audited FOLDER PROCESSORS

Each process of an audit loads the program that asked for it; so this one loads the audit alone.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from traceability.ledger.audit.audit import audit
from traceability.ledger.audit.worth import worthwhile_jobs
from traceability.ledger.second_place import SecondPlace
from traceability.store.store import Store


def measured(data: Path, processors: int) -> tuple[float, float]:
    """Return records a second, and the sum of the processes' peaks in MiB."""
    with Store.open(f"sqlite:///{data / 'ledger.sqlite'}", data) as store:
        started = time.perf_counter()
        with store.reading() as repositories:
            jobs = worthwhile_jobs(repositories, processors=processors)
        report = audit(store, second_place=SecondPlace(data / "served-heads.txt"), jobs=jobs)
        taken = time.perf_counter() - started
    if not report.ok:
        raise AssertionError("the ledger of the benchmark differs")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    others = jobs * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss if jobs > 1 else 0
    return report.checked["records"] / taken, (own + others) / 1024


if __name__ == "__main__":
    json.dump(measured(Path(sys.argv[1]) / "data", int(sys.argv[2])), sys.stdout)
