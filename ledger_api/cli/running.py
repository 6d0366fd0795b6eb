"""Running a command: common options, the node, errors and exit status, in one place."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ledger_api.cli.output import Output
from ledger_api.statuses import FileUnusable, InternalError, Interrupted, exit_status
from ledger_api.terminal import DEFAULT_DATA_DIR, terminal_language
from traceability.errors import ItemProofError, SettingsInvalid, Unavailable

if TYPE_CHECKING:
    from ledger_api.settings import Settings
    from ledger_api.wiring import Need
    from traceability.ledger.node import Node

DataDir = Annotated[Path, typer.Option("--data", help="The data folder.", metavar="DIR")]
AsJSON = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
DEFAULT_DATA = DEFAULT_DATA_DIR


class DiskUnavailable(Unavailable):
    """The disk is full or read-only, or a file cannot be opened."""

    code = "DISK_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Command:
    """What a command works with."""

    settings: Settings
    data_dir: Path
    output: Output

    @contextmanager
    def node(self, *, need: Need = "opening") -> Iterator[Node]:
        """Open the node of the data folder."""
        from ledger_api.wiring import open_node

        with open_node(self.settings, self.data_dir, need=need) as node:
            yield node


def run(data_dir: Path, as_json: bool, work: Callable[[Command], int | None]) -> NoReturn:
    """Run a command's work and exit with its status: 0 unless it says otherwise."""
    output = Output(as_json=as_json, lang=terminal_language())
    try:
        status = work(Command(read_settings(), data_dir, output)) or 0
    except Exception as error:  # every command ends with one clear error
        found = error_of(error, data_dir)
        if isinstance(found, InternalError):
            traceback.print_exception(error)
        output.error(found)
        status = exit_status(found)
    except KeyboardInterrupt:
        interrupted = Interrupted("command was stopped before its end: ask status what was kept")
        output.error(interrupted)
        status = exit_status(interrupted)
    sys.exit(status)


def error_of(error: Exception, data_dir: Path) -> ItemProofError:
    """Return what any exception means to whoever ran the command."""
    match error:
        case ItemProofError():
            return error
        case typer.Abort():
            return Interrupted("question was not answered: nothing was done")
        case FileNotFoundError() | IsADirectoryError() | NotADirectoryError() | PermissionError():
            return FileUnusable(f"file cannot be read: {error.strerror}: {error.filename!r}")
        case OSError():
            place = error.filename or str(data_dir)
            return DiskUnavailable(f"file cannot be used: {error.strerror}: {place}")
    return InternalError(f"program failed: {type(error).__name__}, shown above in full")


def read_settings() -> Settings:
    """Read the environment.

    Raises
    ------
    SettingsInvalid
    """
    from pydantic import ValidationError

    from ledger_api.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "ITEMPROOF_" + "_".join(map(str, first["loc"][:1])).upper()
        raise SettingsInvalid(f"setting {name} is malformed: {first['msg']}") from error
