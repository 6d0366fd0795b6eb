"""A text that its author gave in more than one language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalText:
    """One text in Chinese and English; either may be missing."""

    zh: str = ""
    en: str = ""

    def pick(self, language: str) -> str:
        """Return the text in a language (`zh` or `en`), or else in the other."""
        wanted, other = (self.zh, self.en) if language == "zh" else (self.en, self.zh)
        return wanted or other

    def other(self, language: str) -> str:
        """Return the text in the other language where it says something else, or nothing."""
        text = self.en if language == "zh" else self.zh
        return "" if text == self.pick(language) else text
