"""What a command must know before it reads its settings: its data folder and its language."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

DEFAULT_DATA_DIR = Path("./.itemproof")


def terminal_language() -> Literal["zh", "en"]:
    """Return the language of the terminal: ITEMPROOF_LANG, else the locale's, else English."""
    names = ("ITEMPROOF_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return "zh" if chosen.lower().startswith("zh") else "en"
