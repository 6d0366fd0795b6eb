"""Options judged by the command that takes them: wrong ones are named before anything is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ledger_api.cli.wording import words
from ledger_api.statuses import OptionInvalid
from traceability.errors import ItemProofError


def option_invalid(option: str, expects: str, /, **values: object) -> OptionInvalid:
    """Return the error of an option; its words are those of `wording`, in both languages.

    Parameters
    ----------
    expects
        The line that says what the option takes.
    """
    told = {"option": option, **values}
    chinese = words(expects, language="zh", **told)
    return OptionInvalid(words(expects, language="en", **told), chinese=chinese, pointer=option)


def require_one_of(option: str, got: str, allowed: Iterable[str]) -> None:
    """Refuse a value that is none of those that an option takes, or that is missing.

    Raises
    ------
    OptionInvalid
    """
    values = list(allowed)
    if got in values:
        return
    line = "option_one_of" if got else "option_missing"
    raise option_invalid(option, line, values=", ".join(values), got=got[:40])


def require_among(option: str, got: Iterable[str], allowed: Iterable[str]) -> None:
    """Refuse a repeated option of which a value is none of those that it takes."""
    values = list(allowed)
    for one in got:
        require_one_of(option, one, values)


@contextmanager
def naming(option: str, expects: str, /, **values: object) -> Iterator[None]:
    """Name the option in place of what was found wrong with its value.

    Raises
    ------
    OptionInvalid
    """
    try:
        yield
    except ItemProofError as error:
        raise option_invalid(option, expects, **values) from error
