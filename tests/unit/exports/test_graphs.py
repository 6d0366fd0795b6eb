"""Graphs hold what strangers wrote as text: it ends no label, no element, no line."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import IO, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_api.exports.answered import Answered
from ledger_api.exports.graphs import (
    mermaid_text,
    write_cytoscape,
    write_graphml,
    write_mermaid,
)
from ledger_api.exports.samples import BASE_URL, SAMPLES

NS = "{http://graphml.graphdrawing.org/xmlns}"
HOSTILE = [
    '"]; click n0 call alert() "',
    "a]]>b<script>alert(1)</script>&amp;",
    "|pipe| `tick` %%{init: {'theme': 'x'}}%%",
    "line\nend\r\n  n9 --> n8",
    "\u202egpj.exe\u2066\x00\x1b[31m",
    '=HYPERLINK("http://x")',
    "#quot;#35;",
]
Write = Callable[[Answered, IO[bytes]], None]


def written(write: Write, question: str = "trace", **changed: Any) -> str:
    target = io.BytesIO()
    write(Answered(question, SAMPLES[question] | changed, BASE_URL), target)
    return target.getvalue().decode()


def about(code: str) -> dict[str, Any]:
    """Return a trace in which everything that a stranger may write is one text."""
    edge = {
        "from": code,
        "to": f"{code}2",
        "event_id": code,
        "proof_url": "/p",
        "relation": "transformation",
    }
    finding = {"code": "CYCLE", "subject": code, "message": code}
    said = {"status": "recalled", "reason": code, "codes": [code]}
    items = [code, f"{code}2"]
    return {
        "code": code,
        "items": items,
        "edges": [edge],
        "findings": [finding],
        "statuses": [said],
    }


class TestMermaid:
    def test_shows_codes_with_edges_and_proofs(self) -> None:
        lines = written(write_mermaid).splitlines()
        assert lines[0] == "flowchart LR"
        assert '  n0["https://id.gs1.org/01/09521234567899/10/D1"]' in lines
        assert "  n1 -->|transformation| n0" in lines
        clicks = [line for line in lines if line.startswith("  click n0 href")]
        assert clicks == [
            (
                '  click n0 href "https://trace.example/api/proofs?code='
                'https%3A%2F%2Fid.gs1.org%2F01%2F09521234567899%2F10%2FD1"'
            )
        ]
        assert any("finding UNKNOWN_ORIGIN" in line.replace("#95;", "_") for line in lines)

    def test_shows_a_journey_event_by_event(self) -> None:
        lines = written(write_mermaid, "journey").splitlines()
        assert any(line.startswith('  s0(["2026-05-01T08:00:00.000Z shipping') for line in lines)
        assert "  n0 -->|next| s0" in lines

    def test_shows_how_many_a_container_holds(self) -> None:
        assert '  n2["https://id.gs1.org/00/095212345000000018 #40;1#41;"]' in written(
            write_mermaid, "recall"
        )

    @pytest.mark.parametrize("text", HOSTILE)
    def test_no_text_ends_its_label_or_line(self, text: str) -> None:
        plain = written(write_mermaid, **about("x"))
        hostile = written(write_mermaid, **about(text))
        assert len(hostile.splitlines()) == len(plain.splitlines())
        shape = re.compile(
            r'flowchart LR|  %% .*|%% .*|  [nst]\d+\(?\["[^"]*"\]\)?(:::told)?'
            r'|  click n\d+ href "[^"]*"|  n\d+ -->\|[^|"]*\| n\d+|  classDef told .*'
        )
        assert all(shape.fullmatch(line) for line in hostile.splitlines())
        assert "%%{" not in hostile

    @given(st.text())
    def test_text_reads_back(self, text: str) -> None:
        shown = mermaid_text(text)
        assert not set(shown) & set('"[](){}<>|`%&\n')
        back = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), shown)
        assert back == text or "\\u" in back

    def test_says_that_it_is_truncated(self) -> None:
        assert "truncated: the answer stops" in written(write_mermaid, truncated=True)
        assert "truncated" not in written(write_mermaid)


class TestGraphML:
    def test_reads_back_as_a_directed_graph(self) -> None:
        graph = ET.fromstring(written(write_graphml)).find(f"{NS}graph")
        assert graph is not None
        assert graph.get("edgedefault") == "directed"
        names = {node.get("id"): values(node)["n_label"] for node in graph.findall(f"{NS}node")}
        (edge,) = graph.findall(f"{NS}edge")
        ends = names[edge.get("source")], names[edge.get("target")]
        sample = SAMPLES["trace"]["edges"][0]
        assert ends == (sample["from"], sample["to"])
        assert values(edge)["e_proof_url"] == BASE_URL + sample["proof_url"]

    @pytest.mark.parametrize("text", HOSTILE)
    def test_every_text_comes_back(self, text: str) -> None:
        root = ET.fromstring(written(write_graphml, **about(text)))
        labels = [one.text for one in root.iter(f"{NS}data") if one.get("key") == "n_label"]
        if not re.search(r"[\x00-\x1f\u2028-\u202e\u2066]", text):
            assert labels == [text, f"{text}2"]
        assert all(re.fullmatch(r"[^\x00-\x1f\u202e\u2066]+", label or "") for label in labels)

    def test_every_key_that_is_used_is_declared(self) -> None:
        for question in SAMPLES:
            root = ET.fromstring(written(write_graphml, question))
            declared = {one.get("id") for one in root.iter(f"{NS}key")}
            assert {one.get("key") for one in root.iter(f"{NS}data")} <= declared

    @pytest.mark.parametrize("truncated", [True, False])
    def test_says_whether_it_is_truncated(self, truncated: bool) -> None:
        graph = ET.fromstring(written(write_graphml, truncated=truncated)).find(f"{NS}graph")
        assert graph is not None
        assert values(graph)["g_truncated"] == ("true" if truncated else "false")


def values(element: ET.Element) -> dict[str | None, str | None]:
    return {one.get("key"): one.text for one in element.findall(f"{NS}data")}


class TestCytoscape:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_every_text_comes_back(self, text: str) -> None:
        found = json.loads(written(write_cytoscape, **about(text)))
        nodes = [one["data"] for one in found["elements"]["nodes"]]
        assert [one["label"] for one in nodes] == [text, f"{text}2"]
        assert [one["status"] for one in nodes] == ["recalled", "current"]
        (edge,) = (one["data"] for one in found["elements"]["edges"])
        assert (edge["source"], edge["target"]) == (nodes[0]["id"], nodes[1]["id"])
        assert edge["event_id"] == text

    def test_names_are_unique(self) -> None:
        elements = json.loads(written(write_cytoscape, "journey"))["elements"]
        names = [one["data"]["id"] for kind in elements.values() for one in kind]
        assert len(names) == len(set(names)) == 3

    @pytest.mark.parametrize("truncated", [True, False])
    def test_says_whether_it_is_truncated(self, truncated: bool) -> None:
        found = json.loads(written(write_cytoscape, truncated=truncated))
        assert found["data"]["truncated"] is truncated


@pytest.mark.parametrize("write", [write_mermaid, write_graphml, write_cytoscape])
def test_an_answer_without_anything_is_a_graph_of_one_code(write: Write) -> None:
    alone = written(write, items=["urn:x:1"], code="urn:x:1", edges=[], findings=[])
    assert "urn:x:1" in alone
    assert alone == written(write, items=["urn:x:1"], code="urn:x:1", edges=[], findings=[])
