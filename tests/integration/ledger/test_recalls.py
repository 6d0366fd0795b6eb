"""Recalls of a ledger on both databases: where things are, what is said, what a crash leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger_api.recalls.asking import check_folder, write_recall
from ledger_api.recalls.folder import SIGNATURE
from ledger_api.statuses import FileUnwritable
from tests.support.commits import failing_commit
from tests.support.ledger import GTIN, add_participant, document, event
from tests.support.lineage import sscc
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.recalls import MOST_RANGES, RecallAsked, recall_report
from traceability.ledger.standings import standing_of_code
from traceability.lineage.recalls.report import Report, Target
from traceability.lineage.tracing import CodeNotTraced
from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork
from traceability.verify.recall_report import ReportChanged, ReportInvalid
from traceability.verify.trust import load_trust

BASE = "https://id.gs1.org"
RAW, LOT = f"{BASE}/01/{GTIN}/10/RAW", f"{BASE}/01/{GTIN}/10/D1"
CASE = sscc(1)
TARGET = Target(Decimal(240), Decimal(100))


@dataclass(frozen=True)
class Story:
    """A raw lot of 10 kg became six pieces of a minted lot of eight; two were never seen."""

    node: Node
    plant: bytes
    shop: bytes
    pieces: list[str]

    def ask(self, code: str = RAW, **more: Any) -> RecallAsked:
        return RecallAsked(code, TARGET, self.node.clock(), **more)

    def report(self, code: str = RAW, **more: Any) -> Report:
        return recall_report(self.node, self.ask(code, **more)).report

    def tell(self, by: bytes, *events: dict[str, Any]) -> None:
        result = self.node.submission.submit(document(*events), participant=by)
        faults = [fault for record in result.records for fault in record.faults]
        assert (result.count("accepted"), faults) == (len(events), [])

    def status(self, code: str) -> str:
        with self.node.store.reading() as repositories:
            return standing_of_code(repositories, self.node.identity, code).status


def at(minute: int, step: str, **more: Any) -> dict[str, Any]:
    return event(minute * 60, bizStep=step, **{"epcList": None, **more})


def kilograms(amount: float) -> list[dict[str, Any]]:
    return [{"epcClass": RAW, "quantity": amount, "uom": "KGM"}]


@pytest.fixture
def story(node: Node) -> Story:
    plant = add_participant(node, gln="9521234567899")
    shop = add_participant(node, gln="9521007000011")
    minted = node.mint(Lot(GTIN, "D1", 8, {}), participant=plant)
    with node.store.reading() as repositories:
        rows = repositories.items.serials_between(minted.batch, 1, 9)
    pieces = [f"{BASE}/01/{GTIN}/21/{serial}" for serial, _ in rows]
    made = Story(node, plant, shop, pieces)
    made.tell(
        plant,
        at(0, "commissioning", action="ADD", quantityList=kilograms(10)),
        at(
            1,
            "commissioning",
            type="TransformationEvent",
            action=None,
            inputQuantityList=kilograms(6),
            outputEPCList=pieces[:6],
        ),
        at(2, "packing", type="AggregationEvent", action="ADD", parentID=CASE,
           childEPCs=pieces[:2]),
        at(3, "shipping", epcList=[CASE, pieces[2]], disposition="in_transit"),
        at(5, "destroying", action="DELETE", epcList=[pieces[3]], disposition="destroyed"),
    )  # fmt: skip
    made.tell(shop, at(4, "receiving", epcList=[CASE], disposition="in_progress"))
    node.sequencer.run(close=True)
    node.write_trust()
    return made


class TestFigures:
    def test_every_piece_is_where_its_last_event_says(self, story: Story) -> None:
        found = story.report()
        states = {line.code: line.state for line in found.lines if line.kind == "item"}
        expected = ["delivered", "delivered", "in_transit", "removed", "in_stock", "in_stock"]
        assert states == dict(zip(story.pieces[:6], expected, strict=True))
        figures = found.pieces
        assert (figures.found, figures.in_stock, figures.shipped, figures.removed) == (6, 2, 3, 1)

    def test_a_case_tells_of_what_is_in_it(self, story: Story) -> None:
        line = next(one for one in story.report().lines if one.code == story.pieces[0])
        assert (line.container, line.biz_step) == (CASE, "receiving")

    def test_what_is_left_of_a_lot_is_in_stock(self, story: Story) -> None:
        (figures,) = [one for one in story.report().figures if one.unit == "KGM"]
        assert (figures.found, figures.used, figures.in_stock) == (10, 6, 4)

    def test_every_line_has_its_record_and_proof(self, story: Story) -> None:
        for line in story.report(LOT).lines:
            assert line.record.startswith("urn:itemproof:record:")
            assert line.proof_url.endswith(line.record)
            assert story.node.prove(line.record)

    def test_pieces_that_nobody_saw_are_unaccounted_and_fail_it(self, story: Story) -> None:
        found = story.report(LOT)
        assert found.pieces.unaccounted == 2
        assert found.reasons == ("TOO_FEW_FOUND",)
        assert story.report().passed

    def test_what_is_on_its_way_is_with_whom_it_goes_to(self, story: Story) -> None:
        def holder(found: Report) -> str:
            line = next(one for one in found.lines if one.code == story.pieces[2])
            return str(found.holders[line.holder].party)

        assert story.plant.hex() in holder(story.report())
        for number, gln in enumerate(("9521007000011", "9521001000017")):
            to = [{"type": "owning_party", "destination": f"{BASE}/417/{gln}"}]
            story.tell(story.plant, at(6 + number, "shipping", epcList=[story.pieces[2]],
                       destinationList=to))  # fmt: skip
            assert gln in holder(story.report())
        # Whom nobody registered gets a notice too.
        assert f"{BASE}/417/9521001000017" in holder(story.report())

    def test_stolen_goods_are_unaccounted(self, story: Story) -> None:
        story.tell(story.shop, at(9, "inspecting", epcList=[story.pieces[0]], disposition="stolen"))
        assert story.report().pieces.unaccounted == 1

    def test_a_withdrawn_event_tells_nothing(self, story: Story) -> None:
        gone = at(9, "inspecting", epcList=[story.pieces[0]], disposition="stolen",
                  eventID="urn:uuid:0e2c3f6e-54b1-4f5f-9f63-6b5a4a9b2c11")  # fmt: skip
        story.tell(story.shop, gone)
        declared = {"declarationTime": "2026-05-02T08:00:00.000Z"}
        story.tell(story.shop, {**gone, "errorDeclaration": declared})
        assert story.report().pieces.unaccounted == 0

    def test_both_ways_have_their_proofs(self, story: Story) -> None:
        found = story.report(story.pieces[0])
        (step,) = [one for one in found.backward if one.relation == "transformation"]
        assert (step.source, step.target) == (RAW, story.pieces[0])
        assert step.proof_url.startswith("/api/proofs?code=urn:itemproof:record:")
        assert [one.pieces for one in story.report().forward] == [6]

    def test_time_runs_from_the_question(self, story: Story) -> None:
        asked = replace(story.ask(), asked=story.node.clock() - timedelta(hours=5))
        found = recall_report(story.node, asked).report
        assert found.reasons == ("TOO_SLOW",)

    def test_an_unknown_code_has_no_report(self, story: Story) -> None:
        with pytest.raises(CodeNotTraced):
            story.report(f"{BASE}/01/{GTIN}/10/NONE")


class TestAmountsOnTheirWay:
    def test_a_lot_goes_to_its_receivers(self, story: Story) -> None:
        story.tell(story.plant, at(6, "shipping", quantityList=kilograms(3)))
        story.tell(story.shop, at(7, "receiving", quantityList=kilograms(2.5)))
        (figures,) = [one for one in story.report().figures if one.unit == "KGM"]
        assert figures.in_stock == 1
        assert (figures.delivered, figures.in_transit) == (Decimal("2.5"), Decimal("0.5"))
        assert figures.found == 10

    def test_material_that_is_lost_on_the_way_is_found_missing(self, story: Story) -> None:
        story.tell(story.plant, at(6, "shipping", quantityList=kilograms(3)))
        assert "MATERIAL_MISSING" not in story.report().reasons
        story.tell(story.shop, at(7, "receiving", quantityList=kilograms(2)))
        assert "MATERIAL_MISSING" in story.report().reasons

    def test_an_amount_that_nobody_tells_is_a_finding(self, story: Story) -> None:
        story.tell(story.plant, at(6, "shipping", quantityList=[{"epcClass": RAW}]))
        assert "AMOUNT_UNKNOWN" in {one.code for one in story.report().findings}


class TestDeclaring:
    def test_an_exercise_says_nothing(self, story: Story) -> None:
        assert story.report().said == ()
        assert {story.status(code) for code in (RAW, *story.pieces)} == {"current"}

    def test_a_real_recall_marks_its_records_and_no_others(self, story: Story) -> None:
        found = story.report(reason="safety")
        assert [story.status(code) for code in story.pieces] == 6 * ["recalled"] + 2 * ["current"]
        assert story.status(RAW) == "recalled"
        assert sum(one.records for one in found.said) == 7
        assert found.kind == "recall"

    def test_a_whole_lot_is_recalled_by_one_number(self, story: Story) -> None:
        found = story.report(LOT, reason="quality")
        assert [one.records for one in found.said] == [9]
        assert {story.status(code) for code in story.pieces} == {"recalled"}

    def test_said_again_it_is_the_same_entries(self, story: Story) -> None:
        first, again = story.report(reason="safety").said, story.report(reason="safety").said
        assert [one.entry_hash for one in first] == [one.entry_hash for one in again]
        assert [one.repeated for one in again] == [True] * len(again)
        assert not any(one.repeated for one in first)

    def test_a_participant_says_it_of_its_own_records_and_names_the_others(
        self, story: Story
    ) -> None:
        found = story.report(reason="safety", participant=story.shop)
        assert found.said == ()
        assert len(found.unsaid) == 7
        assert {story.status(code) for code in story.pieces} == {"current"}
        own = story.report(reason="safety", participant=story.plant)
        assert own.unsaid == ()
        assert story.status(story.pieces[0]) == "recalled"

    def test_scattered_pieces_take_several_statements(self, node: Node) -> None:
        plant = add_participant(node, gln="9521234567899")
        count = 2 * (MOST_RANGES + 20)
        minted = node.mint(Lot(GTIN, "D9", count, {}), participant=plant)
        with node.store.reading() as repositories:
            rows = repositories.items.serials_between(minted.batch, 1, count + 1)
        codes = [f"{BASE}/01/{GTIN}/21/{serial}" for serial, _ in rows]
        made = Story(node, plant, plant, codes)
        making = {"type": "TransformationEvent", "action": None, "outputEPCList": codes[::2]}
        made.tell(plant, at(1, "commissioning", inputQuantityList=kilograms(6), **making))
        found = made.report(reason="safety")
        assert sorted(one.records for one in found.said) == [1, 20, MOST_RANGES]
        assert [made.status(code) for code in codes[:4]] == ["recalled", "current"] * 2


@pytest.mark.parametrize("persisted", [False, True])
class TestACommitThatFails:
    def test_leaves_all_of_it_said_or_nothing(
        self, story: Story, monkeypatch: pytest.MonkeyPatch, persisted: bool
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(UnitOfWork, "commit", failing_commit(persisted=persisted))
            if persisted:
                assert len(story.report(reason="safety").said) == 2
            else:
                with pytest.raises(StoreUnavailable):
                    story.report(reason="safety")
        expected = "recalled" if persisted else "current"
        assert {story.status(code) for code in (RAW, *story.pieces[:6])} == {expected}
        again = story.report(reason="safety")
        assert {one.repeated for one in again.said} == {persisted}


class TestFolder:
    @pytest.fixture
    def write(self, story: Story, tmp_path: Path) -> Callable[..., Path]:
        def written(name: str = "report", **more: Any) -> Path:
            folder = tmp_path / name
            asked = story.ask(**more)
            write_recall(
                story.node, asked, folder, base_url="https://l.example", timezone="Asia/Shanghai"
            )
            return folder

        return written

    def check(self, story: Story, folder: Path) -> Any:
        return check_folder(folder, load_trust(story.node.trust_file))

    def test_it_is_checked_by_the_trust_file(
        self, story: Story, write: Callable[..., Path]
    ) -> None:
        manifest = self.check(story, write())
        assert manifest.summary["code"] == RAW
        assert {"report.json", "report-zh.pdf", "report-en.xlsx"} <= manifest.files.keys()
        assert sum(name.startswith("notices/") for name in manifest.files) == 8
        assert manifest.author is None

    def test_a_participants_report_names_it(self, story: Story, write: Callable[..., Path]) -> None:
        manifest = self.check(story, write(participant=story.plant))
        assert manifest.author is not None
        assert manifest.author.participant == story.plant

    def test_one_changed_byte_of_any_file_is_refused(
        self, story: Story, write: Callable[..., Path]
    ) -> None:
        folder = write()
        names = self.check(story, folder).files
        for name in names:
            path = folder / name
            data = path.read_bytes()
            path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
            with pytest.raises(ReportChanged, match=name):
                self.check(story, folder)
            path.write_bytes(data)
        assert self.check(story, folder).files == names

    def test_a_folder_without_signature_is_no_report(
        self, story: Story, write: Callable[..., Path]
    ) -> None:
        folder = write()
        (folder / SIGNATURE).unlink()
        with pytest.raises(ReportInvalid, match=SIGNATURE):
            self.check(story, folder)

    def test_what_is_there_already_is_left_alone(
        self, story: Story, write: Callable[..., Path]
    ) -> None:
        folder = write()
        before = {path: path.read_bytes() for path in folder.rglob("*.*")}
        with pytest.raises(FileUnwritable):
            write()
        assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before

    @pytest.mark.parametrize("step", ["pdf.write_pdf", "folder.write_sheets", "folder.notice_html"])
    def test_a_crash_while_writing_leaves_nothing_and_what_was_said_stands(
        self,
        story: Story,
        write: Callable[..., Path],
        monkeypatch: pytest.MonkeyPatch,
        step: str,
    ) -> None:
        def broken(*_: Any, **__: Any) -> None:
            raise OSError("disk is full: pulled")

        with monkeypatch.context() as patch:
            patch.setattr(f"ledger_api.recalls.{step}", broken)
            with pytest.raises(OSError, match="pulled"):
                write(reason="safety")
        assert story.status(RAW) == "recalled"
        folder = write(reason="safety")
        assert self.check(story, folder).summary["type"] == "recall"
        assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".")] == []
