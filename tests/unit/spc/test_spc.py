"""`itemproof spc`: charts, capability and plans from a CSV, with pictures, or a clear refusal."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app

FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]


def spc(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["spc", *arguments, "--json"])
    return result.exit_code, json.loads(result.stdout)


def written(folder: Path, *rows: str) -> str:
    path = folder / "table.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def flow(tmp_path: Path) -> str:
    return written(tmp_path, "flow", *map(str, FLOW))


@pytest.fixture
def rods(tmp_path: Path) -> str:
    generator = random.Random(2)
    rows = [f"L{lot},{8 + generator.gauss(0, 0.02) + (lot == 24) * 0.05:.2f}"
            for lot in range(30) for _ in range(5)]  # fmt: skip
    return written(tmp_path, "lot,diameter", *rows)


def texts(path: Path) -> str:
    return " ".join(ET.fromstring(path.read_text(encoding="utf-8")).itertext())


class TestChart:
    def test_individuals_in_control_are_0(self, flow: str) -> None:
        status, found = spc("chart", flow)
        assert (status, found["kind"], found["stable"]) == (0, "i_mr", True)
        assert found["mean"] == 50.81
        assert found["in_control_run_length"]["points"] == pytest.approx(216.7, abs=0.1)
        assert [track["name"] for track in found["tracks"]] == ["individuals", "moving_range"]

    def test_a_shifted_lot_in_phase_two_is_1_and_drawn(self, rods: str, tmp_path: Path) -> None:
        picture = tmp_path / "chart.svg"
        how = ("--column", "diameter", "--subgroup", "lot", "--phase-one", "20")
        status, found = spc("chart", rods, *how, "--rules", "nelson_1", "-o", str(picture))
        assert (status, found["kind"], found["phase_one"]) == (1, "xbar_r", 20)
        assert found["tracks"][0]["signals"] == [{"rule": "nelson_1", "point": 25}]
        assert "25: nelson_1" in texts(picture)
        assert "UCL" in texts(picture)

    def test_pictures_and_lines_speak_chinese(
        self, rods: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ITEMPROOF_LANG", "zh")
        picture = tmp_path / "chart.svg"
        arguments = ["spc", "chart", rods, "--column", "diameter", "--subgroup", "lot"]
        shown = CliRunner().invoke(app, [*arguments, "-o", str(picture)])
        assert "失控" in shown.stdout
        assert "均值" in texts(picture)

    @pytest.mark.parametrize("kind", ["p", "np", "c", "u"])
    def test_counts_have_charts(self, kind: str, tmp_path: Path) -> None:
        rows = [f"{bad},50" for bad in (12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 30)]
        path = written(tmp_path, "bad,n", *rows)
        status, found = spc("chart", path, "--kind", kind, "--column", "bad", "--size", "n")
        assert (status, found["kind"], found["in_control_run_length"]) == (1, kind, None)
        assert found["tracks"][0]["signals"][0]["point"] == 11

    @pytest.mark.parametrize("kind", ["ewma", "cusum"])
    def test_memory_charts_know_their_run_length(self, kind: str, flow: str) -> None:
        status, found = spc("chart", flow, "--kind", kind, "--mean", "40", "--sigma", "1")
        assert (status, found["phase_one"], found["sigma"]) == (1, 0, 1)
        assert found["in_control_run_length"]["points"] > 400


class TestCapability:
    def test_a_stable_process_has_indices(self, flow: str, tmp_path: Path) -> None:
        picture = tmp_path / "c.svg"
        status, found = spc("capability", flow, "--lower", "40", "--upper", "60", "--target", "50",
                            "-o", str(picture))  # fmt: skip
        assert (status, found["established"], found["reason"]) == (0, True, "")
        assert found["cp"]["low"] < found["cp"]["value"] < found["cp"]["high"]
        assert found["cpm"]["value"] < found["cp"]["value"]
        assert "USL" in texts(picture)

    def test_an_unstable_process_has_none_and_is_1(self, rods: str) -> None:
        status, found = spc("capability", rods, "--column", "diameter", "--subgroup", "lot",
                            "--upper", "8.1", "--quantum", "0.01",
                            "--distribution", "lognormal")  # fmt: skip
        assert (status, found["established"], found["reason"]) == (1, False, "unstable")
        assert (found["cp"], found["cpk"], found["pp"]) == (None, None, None)
        assert found["ppk"]["value"] > 1
        assert found["percentiles"]["ppk"] > 1


class TestPlan:
    def test_lots_follow_the_switching_rules(self, tmp_path: Path) -> None:
        rows = [f"A,rod,1500,1,{count}" for count in ("0", "9", "9", "0", "")]
        path = written(tmp_path, "supplier,part,lot_size,aql,nonconforming", *rows)
        picture = tmp_path / "oc.svg"
        status, found = spc("plan", path, "-o", str(picture))
        lots = found["lots"]
        assert status == 0
        assert [lot["plan"]["severity"] for lot in lots] == ["normal"] * 3 + ["tightened"] * 2
        assert [lot["accepted"] for lot in lots] == [True, False, False, True, None]
        assert (lots[4]["plan"]["sample"], lots[4]["plan"]["accept"]) == (125, 2)
        assert "tightened n=125 Ac=2" in texts(picture)

    def test_after_discontinuation_there_is_no_plan(self, tmp_path: Path) -> None:
        path = written(tmp_path, "lot_size,aql,nonconforming", *["1500,1.0,9"] * 8)
        lots = spc("plan", path)[1]["lots"]
        assert (lots[6]["next_state"], lots[7]["plan"]) == ("discontinued", None)
        shown = CliRunner().invoke(app, ["spc", "plan", path])
        assert "lot 8: inspection is discontinued" in shown.stdout


REFUSED = [
    (("capability", "--lower", "60", "--upper", "40"), "QUALITY_SPECIFICATION"),
    (("capability", "--lower", "60", "--upper", "60"), "QUALITY_SPECIFICATION"),
    (("capability",), "QUALITY_SPECIFICATION"),
    (("capability", "--upper", "60", "--quantum", "1"), "READING_INVALID"),
    (("capability", "--upper", "60", "--quantum", "0"), "QUALITY_SPECIFICATION"),
    (("chart", "--column", "none"), "SPC_TABLE_INVALID"),
    (("chart", "--mean", "50"), "SPC_TABLE_INVALID"),
    (("chart", "--mean", "50", "--sigma", "0"), "PARAMETER_INVALID"),
    (("chart", "--rules", "nelson_9"), "PARAMETER_INVALID"),
    (("chart", "--phase-one", "11"), "PARAMETER_INVALID"),
    (("chart", "--kind", "c"), "QUALITY_COUNTS"),
    (("chart", "--kind", "xbar_r"), "TOO_FEW_READINGS"),
    (("plan",), "SPC_TABLE_INVALID"),
]


@pytest.mark.parametrize(("arguments", "code"), REFUSED)
def test_bad_input_is_1_by_name(flow: str, arguments: tuple[str, ...], code: str) -> None:
    status, answer = spc(arguments[0], flow, *arguments[1:])
    assert (status, answer["error"]["code"]) == (1, code)


def test_a_malformed_option_is_2(flow: str) -> None:
    status, answer = spc("capability", flow, "--upper", "x")
    assert (status, answer["error"]["code"]) == (2, "METRIC_SYNTAX")
    assert spc("capability", flow, "--upper", "60")[0] == 0


@pytest.mark.parametrize(
    ("rows", "code"),
    [(["5"], "TOO_FEW_READINGS"), (["5", "5", "5"], "ZERO_VARIANCE"),
     (["5", "NaN"], "READING_INVALID"),
     (["5", '""'], "READING_INVALID"), ([], "SPC_TABLE_INVALID")],
)  # fmt: skip
@pytest.mark.parametrize("command", ["chart", "capability"])
def test_data_that_say_nothing_are_refused_by_name(
    tmp_path: Path, command: str, rows: list[str], code: str
) -> None:
    limits = ["--upper", "60"] if command == "capability" else []
    status, answer = spc(command, written(tmp_path, "d", *rows), *limits)
    assert (status, answer["error"]["code"]) == (1, code)


@pytest.mark.parametrize(
    ("row", "code"),
    [("1,1.0", "SAMPLING_PLAN_UNKNOWN"), ("100,1.1", "SAMPLING_PLAN_UNKNOWN"),
     ("x,1.0", "READING_INVALID"), ("10.5,1.0", "QUALITY_COUNTS")],
)  # fmt: skip
def test_lots_that_the_standard_does_not_know_are_refused(
    tmp_path: Path, row: str, code: str
) -> None:
    status, answer = spc("plan", written(tmp_path, "lot_size,aql", row))
    assert (status, answer["error"]["code"]) == (1, code)


def test_subgroups_that_are_apart_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "lot,d", "A,1", "B,2", "A,3")
    status, answer = spc("chart", path, "--column", "d", "--subgroup", "lot")
    assert (status, answer["error"]["code"]) == (1, "SPC_TABLE_INVALID")
