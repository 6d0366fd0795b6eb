"""`--export FORMAT -o FILE`: a whole file or none, and wrong options named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger_api.cli.exporting import NAMES
from ledger_api.exports.formats import FORMATS
from tests.integration.cli.test_commands import Program, program, url

__all__ = ["program", "url"]

QUESTIONS = ["trace", "recall", "journey"]


class TestExport:
    @pytest.mark.parametrize("question", QUESTIONS)
    def test_every_format_is_written(
        self, program: Program, url: str, tmp_path: Path, question: str
    ) -> None:
        for name, form in FORMATS.items():
            path = tmp_path / f"answer.{form.suffix}"
            status, answer = program(question, url, "--export", name, "-o", str(path))
            assert status == 0, answer
            assert (answer["format"], answer["truncated"]) == (name, False)
            assert answer["bytes"] == path.stat().st_size > 0

    def test_the_same_answer_is_the_same_file(
        self, program: Program, url: str, tmp_path: Path
    ) -> None:
        for name in FORMATS:
            one, other = tmp_path / "one", tmp_path / "other"
            for path in (one, other):
                assert program("recall", url, "--export", name, "-o", str(path))[0] == 0
            assert one.read_bytes() == other.read_bytes()

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--export", "pdf", "-o", "x"], "csv, xlsx"),
            (["--export", "csv"], "-o FILE"),
            (["-o", "x"], "--export FORMAT"),
        ],
    )
    def test_wrong_options_are_named_with_what_they_take(
        self, program: Program, url: str, options: list[str], words: str
    ) -> None:
        status, answer = program("trace", url, *options)
        assert (status, answer["error"]["code"]) == (2, "OPTION_INVALID")
        assert words in answer["error"]["message"]

    def test_a_folder_that_is_absent_is_2(self, program: Program, url: str, tmp_path: Path) -> None:
        path = tmp_path / "absent" / "x.csv"
        status, answer = program("trace", url, "--export", "csv", "-o", str(path))
        assert (status, answer["error"]["code"]) == (2, "FILE_UNWRITABLE")

    def test_an_unknown_code_leaves_the_file_as_it_was(
        self, program: Program, tmp_path: Path
    ) -> None:
        path = tmp_path / "kept.csv"
        path.write_bytes(b"before")
        code = "https://id.gs1.org/01/09521234567899/10/NONE"
        status, answer = program("trace", code, "--export", "csv", "-o", str(path))
        assert (status, answer["error"]["code"]) == (1, "CODE_NOT_TRACED")
        assert path.read_bytes() == b"before"
        assert list(tmp_path.iterdir()) == [path]


def test_help_names_every_format() -> None:
    assert tuple(FORMATS) == tuple(NAMES.split(", "))
