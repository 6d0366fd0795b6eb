"""Running a command: common options, the node, errors and exit status, in one place."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from ledger_api.cli.output import Output
from ledger_api.problems import EXIT_REFUSED, EXIT_USAGE, FileUnusable, exit_status
from ledger_api.settings import DEFAULT_DATA_DIR, Settings, terminal_language
from ledger_api.wiring import Need, open_node
from traceability.errors import ItemProofError, NotFound, Unavailable
from traceability.ledger.node import Node

DataDir = Annotated[Path, typer.Option("--data", help="The data folder.", metavar="DIR")]
AsJSON = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
DEFAULT_DATA = DEFAULT_DATA_DIR


class DiskUnavailable(Unavailable):
    """The disk is full or read-only, or a file cannot be opened."""

    code = "DISK_UNAVAILABLE"


class ParticipantUnknown(NotFound):
    """No such participant is registered."""

    code = "PARTICIPANT_UNKNOWN"


class SettingsInvalid(ItemProofError):
    """A setting in the environment is malformed."""

    code = "SETTINGS_INVALID"


@dataclass(frozen=True, slots=True)
class Command:
    """What a command works with."""

    settings: Settings
    data_dir: Path
    output: Output

    @contextmanager
    def node(self, *, need: Need = "opening") -> Iterator[Node]:
        """Open the node of the data folder."""
        with open_node(self.settings, self.data_dir, need=need) as node:
            yield node


def run(data_dir: Path, as_json: bool, work: Callable[[Command], int | None]) -> NoReturn:
    """Run a command's work and exit with its status: 0 unless it says otherwise."""
    output = Output(as_json=as_json, lang=terminal_language())
    try:
        status = work(Command(read_settings(), data_dir, output)) or 0
    except ItemProofError as error:
        output.error(error)
        status = EXIT_USAGE if isinstance(error, SettingsInvalid) else exit_status(error)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        unusable = FileUnusable(f"file cannot be read: {error.strerror}: {error.filename!r}")
        output.error(unusable)
        status = exit_status(unusable)
    except OSError as error:
        unavailable = DiskUnavailable(
            f"file cannot be used: {error.strerror}: {error.filename or data_dir!s}"
        )
        output.error(unavailable)
        status = exit_status(unavailable)
    except KeyboardInterrupt:
        status = EXIT_REFUSED
    sys.exit(status)


def read_settings() -> Settings:
    """Read the environment.

    Raises
    ------
    SettingsInvalid
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "ITEMPROOF_" + "_".join(map(str, first["loc"][:1])).upper()
        raise SettingsInvalid(f"setting {name} is malformed: {first['msg']}") from error
