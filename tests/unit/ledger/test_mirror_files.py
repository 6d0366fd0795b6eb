"""What a mirror's files may be like: the list of anchors grows, no other file is long."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
import requests

from traceability.ledger.mirror import folder as folders
from traceability.ledger.mirror.anchors import AnchorLine, anchors_text, stored_anchors
from traceability.ledger.mirror.faults import MirrorDamaged, MirrorSourceUnavailable
from traceability.ledger.mirror.folder import MAX_FILE_BYTES, MirrorFolder
from traceability.ledger.mirror.source import HttpSource


@pytest.fixture
def mirror(tmp_path: Path) -> MirrorFolder:
    return MirrorFolder(tmp_path)


def test_reads_a_list_of_as_many_anchors_as_years_bring(mirror: MirrorFolder) -> None:
    lines = [AnchorLine(size + 1, size, size, bytes(32)) for size in range(1, 30_000)]
    mirror.write("anchors", anchors_text(lines))
    assert (mirror.path / "anchors").stat().st_size > MAX_FILE_BYTES
    assert stored_anchors(mirror) == lines


@pytest.mark.parametrize("name", ["checkpoint", "trust.json", "tile/entries/000"])
def test_refuses_any_other_file_of_that_length(mirror: MirrorFolder, name: str) -> None:
    mirror.write(name, bytes(MAX_FILE_BYTES))
    assert mirror.read(name) == bytes(MAX_FILE_BYTES)
    mirror.write(name, bytes(MAX_FILE_BYTES + 1))
    with pytest.raises(MirrorDamaged, match="too long"):
        mirror.read(name)


def test_refuses_a_list_without_end(mirror: MirrorFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MAX_LIST_BYTES", 100)
    mirror.write("anchors", b"x" * 101)
    with pytest.raises(MirrorDamaged, match="too long: expected at most 100"):
        stored_anchors(mirror)


class TestOfAServerThatAnswersNonsense:
    """What a server says of itself is a reason to give up, never a fault of the program."""

    @pytest.fixture(autouse=True)
    def no_waiting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("traceability.ledger.mirror.source.time.sleep", lambda _: None)

    @pytest.mark.parametrize("patience", ["²", "soon", "-1", "9" * 400, ""])
    def test_a_patience_that_is_no_number_is_passed_over(
        self, monkeypatch: pytest.MonkeyPatch, patience: str
    ) -> None:
        answer = requests.Response()
        answer.status_code = 503
        answer.raw = BytesIO()
        answer.headers["Retry-After"] = patience
        monkeypatch.setattr(requests.Session, "get", lambda *_, **__: answer)
        with pytest.raises(MirrorSourceUnavailable, match="overloaded"):
            HttpSource("http://127.0.0.1:9").get("checkpoint")

    def test_a_redirection_to_no_address_is_no_answer(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def get(*_: object, **__: object) -> requests.Response:
            raise ValueError("Invalid IPv6 URL")

        monkeypatch.setattr(requests.Session, "get", get)
        with pytest.raises(MirrorSourceUnavailable, match="does not answer"):
            HttpSource("http://127.0.0.1:9").get("checkpoint")
