"""SciPy's special functions, imported on first use: a node starts without waiting for them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def special() -> Any:
    """Return the module `scipy.special`."""
    from scipy import special as found  # type: ignore[import-untyped]  # noqa: PLC0415 # scipy ships no types; imported late on purpose

    return found
