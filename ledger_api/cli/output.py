"""What a command prints: one JSON object or a few lines on standard output, progress on error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ledger_api.cli.wording import words
from ledger_api.i18n.terms import error_words
from ledger_api.i18n.translations import Language
from ledger_api.statuses import OptionInvalid
from traceability.errors import ItemProofError

Report = Callable[[int, int], None]


class Output:
    """Where a command's answer goes; `as_json` and `lang` come from the command line."""

    def __init__(self, *, as_json: bool, lang: Language) -> None:
        self.as_json = as_json
        self.lang = lang
        self._stdout = Console(file=sys.stdout, highlight=False, emoji=False, soft_wrap=True)
        self._stderr = Console(file=sys.stderr, highlight=False, emoji=False, soft_wrap=True)

    def answer(self, value: dict[str, Any], lines: list[str]) -> None:
        """Print the command's one answer: the object as JSON, or the lines for a person."""
        if self.as_json:
            sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
            sys.stdout.flush()
            return
        for line in lines:
            self._stdout.print(line, markup=False)

    def answer_long(self, value: dict[str, Iterable[Any]], lines: Iterable[str]) -> None:
        """Print an answer whose lists need not be in memory, as `answer` would."""
        if not self.as_json:
            for line in lines:
                self._stdout.print(line, markup=False)
            return
        start = "{"
        for name, items in value.items():
            sys.stdout.write(f"{start}{json.dumps(name)}: [")
            for number, item in enumerate(items):
                sys.stdout.write((", " if number else "") + json.dumps(item, ensure_ascii=False))
            sys.stdout.write("]")
            start = ", "
        sys.stdout.write("}\n")
        sys.stdout.flush()

    def progress(self, line: str) -> None:
        """Print one line of progress on standard error."""
        self._stderr.print(line, markup=False)

    def say(self, name: str, /, **values: object) -> str:
        """Return a line of the commands in the reader's language."""
        return words(name, language=self.lang, **values)

    def error(self, error: ItemProofError, *, beside: dict[str, Any] | None = None) -> None:
        """Print an error with its remedy; with JSON, as one object on standard output.

        Parameters
        ----------
        beside
            Other members of the object: what was done before the error.
        """
        if self.as_json:
            title = error_words(error.code, language=self.lang).title
            value = {**(beside or {}), "error": error.to_dict() | {"title": title}}
            sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        self.warn(error)

    def warn(self, error: ItemProofError) -> None:
        """Print an error with its remedy for a person; the command goes on."""
        found = error_words(error.code, language=self.lang)
        if isinstance(error, OptionInvalid):
            detail = error.chinese if self.lang == "zh" and error.chinese else error.fault
        else:
            place = self.say("place", pointer=error.pointer) if error.pointer else ""
            detail = self.say("detail", fault=error.fault, place=place)
        remedy = f"→ {found.remedy}"
        # The fault is in English: a reader of Chinese first reads what to do.
        after = [remedy, detail] if self.lang == "zh" else [detail, remedy]
        for line in (f"{error.code}: {found.title}", *(f"  {line}" for line in after)):
            self._stderr.print(line, markup=False)

    @contextmanager
    def bar(self, title: str, *, rate: bool = False) -> Iterator[Report]:
        """Show a progress bar on standard error; the function given takes (done, total).

        With `rate`, also how fast it goes and how long it will take.
        """
        columns: tuple[ProgressColumn, ...] = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            *((_RateColumn(), TimeRemainingColumn()) if rate else ()),
        )
        with Progress(*columns, console=self._stderr, transient=True) as progress:
            task = progress.add_task(title, total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)


class _RateColumn(ProgressColumn):
    """How many are done in a second."""

    def render(self, task: Task) -> Text:
        """Return the figure, once there is one."""
        return Text("" if task.speed is None else f"{task.speed:,.0f}/s")
