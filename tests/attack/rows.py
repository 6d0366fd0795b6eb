"""How tests run the rows of an area: one test for each, named as the table names it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.attack.table import Attack

TIMEOUT_SECONDS = 300


def each_of(attacks: Sequence[Attack]) -> Callable[[Any], Any]:
    """Run a test once for each attack."""

    def decorate(test: Any) -> Any:
        rows = pytest.mark.parametrize("attack", attacks, ids=lambda attack: attack.name)
        return pytest.mark.timeout(TIMEOUT_SECONDS)(rows(test))

    return decorate
