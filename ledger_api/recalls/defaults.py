"""The target of a recall where none is named: four hours and all of it.

That is what auditors of food and of packaging commonly ask for.
"""

from __future__ import annotations

from typing import Final

DEFAULT_MINUTES: Final = "240"
DEFAULT_PERCENT: Final = "100"
MOST_MINUTES: Final = 525_600
# No material may be missing.
EXACT_TEXT: Final = "0"
