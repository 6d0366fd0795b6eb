"""The options of lineage's commands: limits, pages, rows; their lines, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app
from tests.integration.api.test_lineage_limits import PLANT, lot, made
from tests.integration.cli.test_commands import Program
from tests.support.contradictions import FOUND, SOUND, contradictions
from tests.support.ledger import document

OLD, CODE = lot(0), lot(3)
QUESTIONS = ("trace", "recall", "journey", "where", "holders")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Return the program on a ledger with three steps from lot to lot, and with what cannot be."""
    folder = tmp_path_factory.mktemp("lineage")
    program = Program(folder / "data")
    steps = [made(0, bizLocation={"id": PLANT}), made(1), made(2, bizStep="packing")]
    for number, value in enumerate((document(*steps), contradictions())):
        file = folder / f"{number}.json"
        file.write_text(json.dumps(value))
        assert program("submit", str(file))[0] == 0
    return program


@pytest.fixture
def lines(program: Program, monkeypatch: pytest.MonkeyPatch):
    """Return what asks, and gives exit status and lines as a person reads them."""
    monkeypatch.setenv("ITEMPROOF_LANG", "en")

    def asked(*arguments: str) -> tuple[int, list[str], str]:
        shown = CliRunner().invoke(app, [*arguments, "--data", str(program.folder)])
        return shown.exit_code, shown.stdout.splitlines(), shown.stderr

    return asked


class TestLimits:
    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (("trace", CODE), "4 codes, 3 edges"),
            (("trace", CODE, "--depth", "2"), "3 codes, 2 edges"),
            (("trace", CODE, "--depth", "0"), "1 codes, 0 edges"),
            (("trace", CODE, "--direction", "downstream"), "1 codes, 0 edges"),
            (("trace", CODE, "--from", "2026-01-02T01:00:00Z"), "3 codes, 2 edges"),
            (("trace", CODE, "--from", "2026-01-02T09:00:00+08:00"), "3 codes, 2 edges"),
            (("trace", CODE, "--step", "packing"), "2 codes, 1 edges"),
            (("trace", CODE, "--step", "packing", "--step", "commissioning"), "4 codes, 3 edges"),
            (("recall", OLD, "--to", "2026-01-02T02:00:00Z"), "3 codes, 2 edges"),
            (("recall", OLD, "--location", PLANT), "2 codes, 1 edges"),
            (("journey", lot(1), "--step", "commissioning"), "2 events"),
            (("journey", lot(1), "--step", "packing"), "0 events"),
            (("journey", lot(1), "--to", "2026-01-02T01:00:00Z"), "1 events"),
            (("where", lot(1), "--location", PLANT), "present"),
            (("where", lot(1), "--step", "packing"), "unknown"),
            (("holders", lot(1), "--from", "2026-01-02T00:30:00Z"), "0 items"),
            (("across", CODE, "--key", "place"), "2 codes share a cause"),
            (("across", CODE, "--key", "raw_lot", "--window", "1h"), "1 codes share a cause"),
        ],
    )
    def test_each_narrows_what_is_told(self, lines, arguments, told) -> None:
        status, said, _ = lines(*arguments)
        assert status == 0
        assert said[0].endswith(told) or f": {told}" in said[0]

    def test_unlimited_questions_tell_more(self, lines) -> None:
        assert lines("where", lot(1))[1][0].endswith("present")
        assert lines("journey", lot(1))[1][0].endswith("2 events")
        assert lines("recall", OLD)[1][0].endswith("4 codes, 3 edges")
        amounts = [len(lines("holders", lot(1), *more)[1])
                   for more in ((), ("--location", PLANT))]  # fmt: skip
        assert amounts[0] > amounts[1] > 1


class TestPages:
    def test_pages_go_on_to_the_last_and_say_how(self, program: Program, lines) -> None:
        seen, cursor = [], []
        for _ in range(2):
            status, page = program("recall", OLD, "--limit", "2", *cursor)
            assert (status, page["total"]["items"]) == (0, 4)
            seen += page["items"]
            cursor = ["--cursor", page["next"]] if page["next"] else []
        assert cursor == []
        assert seen == program("recall", OLD)[1]["items"]
        _, said, _ = lines("recall", OLD, "--limit", "2")
        next_page = program("recall", OLD, "--limit", "2")[1]["next"]
        assert said[-1] == f"4 in all; the next page: --cursor {next_page}"

    @pytest.mark.parametrize("question", QUESTIONS)
    def test_rows_end_with_how_many_there_were(self, lines, question: str) -> None:
        status, said, _ = lines(question, OLD, "--ndjson")
        rows = [json.loads(line) for line in said]
        assert status == 0
        assert all(len(row) == 1 for row in rows)
        assert next(iter(rows[-1])) == "end"
        assert sum("item" in row for row in rows) == rows[-1]["end"].get("items", 0)

    def test_a_cursor_of_another_answer_is_2(self, program: Program) -> None:
        _, page = program("recall", OLD, "--limit", "2")
        status, answer = program("recall", lot(1), "--limit", "2", "--cursor", page["next"])
        assert (status, answer["error"]["code"]) == (2, "CURSOR_INVALID")


# Each question takes each option by the same words; one of each is asked with every fault.
WRONG = [
    (("trace", "--from", "yesterday"), "LINEAGE_LIMIT_INVALID", "from"),
    (("recall", "--to", "2026-01-01T00:00:00"), "LINEAGE_LIMIT_INVALID", "zone"),
    (("journey", "--to", ""), "LINEAGE_LIMIT_INVALID", "to"),
    (("where", "--from", "2026-13-01T00:00:00Z"), "LINEAGE_LIMIT_INVALID", "from"),
    (("holders", "--to", "soon"), "LINEAGE_LIMIT_INVALID", "to"),
    *(((question, "--step", "dancing"), "EPCIS_VOCABULARY", "dancing") for question in QUESTIONS),
    (("trace", "--location", "nowhere"), "CODE_SYNTAX", "nowhere"),
    (("where", "--location", "nowhere"), "CODE_SYNTAX", "nowhere"),
    (("trace", "--limit", "2", "--cursor", "abc"), "CURSOR_INVALID", "abc"),
    (("holders", "--limit", "2", "--cursor", "abc"), "CURSOR_INVALID", "abc"),
    (("where", "--ndjson", "--limit", "2", "--cursor", "x"), "CURSOR_INVALID", "x"),
    (("trace", "--export", "csv", "-o", "x.csv", "--ndjson"), "OPTION_INVALID", "--ndjson"),
    (("trace", "--export", "csv", "-o", "x.csv", "--limit", "2"), "OPTION_INVALID", "--limit"),
    (("trace", "--export", "doc", "-o", "x.doc"), "OPTION_INVALID", "doc"),
    (("trace", "--export", "csv"), "OPTION_INVALID", "-o FILE"),
    (("trace", "--location", "https://id.gs1.org/414/9521234567890"), "CODE_CHECK_DIGIT", "9"),
    (("trace", "--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z"),
     "LINEAGE_LIMIT_INVALID", "later than"),
    (("across",), "CAUSE_MISSING", "machine"),
    (("across", "--key", "colour"), "CAUSE_KEY_UNKNOWN", "colour"),
    (("across", "--window", "soon"), "CAUSE_WINDOW_INVALID", "FROM..TO"),
    (("across", "--range", "T:9..1"), "CAUSE_RANGE_INVALID", "T:9..1"),
    (("across", "--range", "T[parsec]:1..9"), "UNIT_UNKNOWN", "parsec"),
    (("balance", "--tolerance", "lots"), "TOLERANCE_INVALID", "0.5%"),
]  # fmt: skip


class TestRefusals:
    def test_each_bad_value_is_2_and_says_what_was_expected(self, program: Program) -> None:
        for (question, *options), code, word in WRONG:
            status, answer = program(question, CODE, *options)
            assert (status, answer["error"]["code"]) == (2, code), (question, options, answer)
            assert word in answer["error"]["message"], (question, options, answer)
        assert not Path("x.csv").exists()

    @pytest.mark.parametrize(
        "options",
        [("--depth", "-1"), ("--depth", "x"), ("--limit", "0"), ("--direction", "sideways")],
    )
    def test_a_value_outside_its_range_is_2(self, lines, options) -> None:
        status, said, fault = lines("trace", CODE, *options)
        assert (status, said) == (2, [])
        assert options[0] in fault

    def test_a_code_that_cannot_be_found_is_1(self, program: Program) -> None:
        for question in QUESTIONS:
            assert program(question, "garbage")[1]["error"]["code"] == "CODE_SYNTAX"
            status, answer = program(question, lot(99))
            assert (status, answer["error"]["code"]) == (1, "CODE_NOT_TRACED")


def test_what_cannot_be_is_traced_and_named(program: Program, lines) -> None:
    for question, code, finding, subject in FOUND:
        status, answer = program(question, code)
        assert status == (1 if question == "balance" else 0), answer
        said = [(one["code"], one["subject"]) for one in answer["findings"]]
        named = subject or next(name for other, name in said if other == finding)
        assert (finding, named) in said, (question, code, said)
        words = [line for line in lines(question, code)[1] if line.startswith("  ! ")]
        assert len(words) >= len(said), (question, code, words)
    for question, code in SOUND:
        odd = {one["code"] for one in program(question, code)[1]["findings"]}
        assert not odd & {found for _, _, found, _ in FOUND}, (question, code, odd)
