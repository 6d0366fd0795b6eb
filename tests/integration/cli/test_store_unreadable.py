"""`audit` of a store that cannot even be opened says which table, row and column hinders it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.integration.cli.test_commands import GTIN, Program


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Return the program on a folder in which a lot was minted."""
    made = Program(tmp_path_factory.mktemp("unreadable") / "data")
    status, answer = made("mint", "--gtin", GTIN, "--lot", "L1", "--quantity", "3")
    assert status == 0, answer
    return made


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("drop table meta", ("meta", "", "")),
        ("drop table erased_codes", ("erased_codes", "", "")),
        (
            "update batches set record_count = 9223372036854775807",
            ("batches", "1", "record_count"),
        ),
        (
            "update items set serial = cast(x'ff' as text) where record_index = 2",
            ("items", "1, 2", "serial"),
        ),
    ],
)
def test_what_hinders_reading_is_named(
    program: Program, tmp_path: Path, statement: str, place: tuple[str, str, str]
) -> None:
    copy = Program(Path(shutil.copytree(program.folder, tmp_path / "data")))
    assert copy("audit", "--offline")[0] == 0
    with sqlite3.connect(copy.folder / "ledger.sqlite") as database:
        database.execute(statement)
    database.close()
    status, answer = copy("audit", "--offline")
    assert status == 1, answer
    named = {(one["table"], one["key"], one["column"]) for one in answer["differences"]}
    assert place in named
