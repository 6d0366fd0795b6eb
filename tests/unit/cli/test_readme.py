"""The two READMEs against the program: a command or variable that they do not name is unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from ledger_api.cli.app import app

ROOT = Path(__file__).parents[3]
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]


def commands(group: Any, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name


def is_named(command: str, text: str) -> bool:
    """Tell whether a text names a command, alone or as `group one|other`."""
    group, _, name = command.rpartition(" ")
    begins = re.escape(f"{group} ") if group else ""
    return re.search(rf"`{begins}([a-z-]+\\\|)*{re.escape(name)}(?![a-z-])", text) is not None


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_command_is_named(readme: Path) -> None:
    text = readme.read_text(encoding="utf-8")
    found = list(commands(typer.main.get_command(app)))
    assert len(found) > 30
    assert [command for command in found if not is_named(command, text)] == []
    assert not is_named("key make", text)
    assert not is_named("prov", text)


def test_both_name_the_same_addresses_and_variables() -> None:
    one, other = (path.read_text(encoding="utf-8") for path in READMES)
    for pattern in (r"/(?:api|epcis|log)/[a-z{}_/?=&.-]+", r"ITEMPROOF_[A-Z_]+"):
        assert set(re.findall(pattern, one)) == set(re.findall(pattern, other))
