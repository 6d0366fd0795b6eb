"""Property tests may take their time: a slow machine is no fault, and speed is `make bench`'s."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("itemproof", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("itemproof")

COMPARED = "compared"


@pytest.fixture
def compared(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """Return what a test counts of what it compares; the run says it at its end."""
    counts: Counter[str] = Counter()
    yield counts
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    request.node.user_properties.append((COMPARED, told))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was compared."""
    for report in (one for reports in terminalreporter.stats.values() for one in reports):
        for name, told in getattr(report, "user_properties", ()):
            if name == COMPARED:
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {told}")
