"""`participant rules`: whose events are held against the one-code rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app

GLN = "9521234567899"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("rules") / "data"
    status, _ = run(made, "add", "--name", "铜业", "--role", "supplier", "--gln", GLN)
    assert status == 0
    return made


def run(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(
        app, ["participant", *arguments, "--data", str(folder), "--json"], catch_exceptions=False
    )
    return result.exit_code, json.loads(result.stdout or "{}")


def test_the_rules_are_off_until_they_are_set(folder: Path) -> None:
    status, answer = run(folder, "rules", GLN)
    assert (status, answer["one_code"]) == (0, "off")


@pytest.mark.parametrize("mode", ["warn", "enforce", "off"])
def test_a_mode_that_is_set_is_shown(folder: Path, mode: str) -> None:
    status, answer = run(folder, "rules", GLN, "--one-code", mode)
    assert (status, answer["one_code"]) == (0, mode)
    assert run(folder, "rules", answer["participant"])[1]["one_code"] == mode


def test_another_mode_is_refused(folder: Path) -> None:
    assert run(folder, "rules", GLN, "--one-code", "sometimes")[0] == 2


@pytest.mark.parametrize("name", ["9521234567882", "z" * 32])
def test_an_unknown_participant_is_refused(folder: Path, name: str) -> None:
    status, answer = run(folder, "rules", name, "--one-code", "warn")
    assert (status, answer["error"]["code"]) == (1, "PARTICIPANT_UNKNOWN")
