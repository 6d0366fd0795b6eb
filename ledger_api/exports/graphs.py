"""An answer as a graph: for Mermaid, GraphML and Cytoscape.

A trace is codes with edges in the direction of the goods. A journey is its events one after
another, and the containers and lots that it shares some of them with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import IO, Any, Final, NamedTuple, TypeVar
from xml.sax.saxutils import escape, quoteattr

import orjson

from ledger_api.exports.answered import Answered
from ledger_api.exports.cells import visible

T = TypeVar("T")
CHUNK: Final = 1000


class Vertex(NamedTuple):
    """A code or an event; `name` is unique in its graph and made of letters and digits."""

    name: str
    label: str
    kind: str
    status: str
    held: int | None
    proof_url: str


class Arc(NamedTuple):
    """What leads from one vertex to another, and the record that says so."""

    source: str
    target: str
    relation: str
    event_id: str
    proof_url: str


class Graph:
    """Vertices and arcs of an answer, each yielded once."""

    def __init__(self, answered: Answered) -> None:
        self.answered = answered
        self._names: dict[str, str] = {}
        for number, node in enumerate(answered.nodes()):
            self._names[node.code] = f"n{number}"

    def vertices(self) -> Iterator[Vertex]:
        """Yield the codes, then the events of a journey."""
        for one in self.answered.nodes():
            name = self._names[one.code]
            yield Vertex(name, one.code, one.kind, one.status, one.held, one.proof_url)
        for number, step in enumerate(self.answered.steps):
            url = self.answered.url(step["proof_url"])
            yield Vertex(f"s{number}", _said(step), "event", step["status"], None, url)

    def arcs(self) -> Iterator[Arc]:
        """Yield the edges, then what leads from event to event."""
        names, answered = self._names, self.answered
        for edge in answered.found["edges"]:
            ends = names[edge["from"]], names[edge["to"]]
            url = answered.url(edge["proof_url"])
            yield Arc(*ends, edge["relation"], edge["event_id"], url)
        before = names[answered.code]
        for number, step in enumerate(answered.steps):
            named = step["event_id"], answered.url(step["proof_url"])
            yield Arc(before, f"s{number}", "next", *named)
            before = f"s{number}"
            if step["inherited_from"]:
                yield Arc(names[step["inherited_from"]], before, step["relation"], *named)


def _said(step: dict[str, Any]) -> str:
    what = step["biz_step"] or step["type"]
    place = step["read_point"] or step["biz_location"] or ""
    wrong = "(declared erroneous)" if step["declared_erroneous"] else ""
    return " ".join(part for part in (step["event_time"], what, place, wrong) if part)


def write_mermaid(answered: Answered, target: IO[bytes]) -> None:
    """Write a flowchart, from left to right; every code and event leads to its proof."""
    _write(target, _mermaid(Graph(answered)))


def _mermaid(graph: Graph) -> Iterator[str]:
    answered = graph.answered
    yield "flowchart LR\n"
    yield f"%% {answered.question} {mermaid_text(answered.code)}\n"
    for number, line in enumerate(answered.told()):
        yield f'  t{number}["{mermaid_text(line)}"]:::told\n'
    for one in graph.vertices():
        label = one.label if one.held is None else f"{one.label} ({one.held})"
        marked = "" if one.status == "current" else f" [{one.status}]"
        begin, end = ('(["', '"])') if one.kind == "event" else ('["', '"]')
        yield f"  {one.name}{begin}{mermaid_text(label + marked)}{end}\n"
        yield f'  click {one.name} href "{mermaid_url(one.proof_url)}"\n'
    for arc in graph.arcs():
        yield f"  {arc.source} -->|{mermaid_text(arc.relation)}| {arc.target}\n"
        yield f"  %% {mermaid_text(arc.event_id)} {mermaid_url(arc.proof_url)}\n"
    yield "  classDef told stroke-dasharray: 5 5\n"


_PLAIN: Final = frozenset(
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ /.:_,=+?-"
)
_URL_MARKS: Final = str.maketrans({'"': "%22", " ": "%20", "{": "%7B", "}": "%7D", "<": "%3C"})


def mermaid_text(text: str) -> str:
    """Return a text as Mermaid shows it: all but plain letters and digits by their numbers.

    So no text can end its label, begin a directive, or be taken for Markdown or HTML.
    """
    return "".join(
        letter if letter in _PLAIN or ord(letter) > 0x9F else f"#{ord(letter)};"  # noqa: PLR2004 # beyond the controls
        for letter in visible(text)
    )


def mermaid_url(url: str) -> str:
    """Return an address without what could end it."""
    return visible(url).translate(_URL_MARKS)


_KEYS: Final = (
    *(("graph", name) for name in ("question", "code", "truncated", "told")),
    *(("node", name) for name in ("label", "kind", "status", "held", "proof_url")),
    *(("edge", name) for name in ("relation", "event_id", "proof_url")),
)


def write_graphml(answered: Answered, target: IO[bytes]) -> None:
    """Write GraphML, one node or edge a line."""
    _write(target, _graphml(Graph(answered)))


def _graphml(graph: Graph) -> Iterator[str]:
    answered = graph.answered
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for owner, name in _KEYS:
        kind = {"truncated": "boolean", "held": "int"}.get(name, "string")
        attributes = f'for="{owner}" attr.name="{name}" attr.type="{kind}"'
        yield f'<key id="{owner[0]}_{name}" {attributes}/>\n'
    yield '<graph id="lineage" edgedefault="directed">\n'
    about = {
        "question": answered.question,
        "code": answered.code,
        "truncated": "true" if answered.is_truncated else "false",
        "told": "; ".join(answered.told()),
    }
    yield _data("g", about) + "\n"
    for one in graph.vertices():
        yield f"<node id={quoteattr(one.name)}>{_data('n', _members(one, 'name'))}</node>\n"
    for arc in graph.arcs():
        ends = f"source={quoteattr(arc.source)} target={quoteattr(arc.target)}"
        yield f"<edge {ends}>{_data('e', _members(arc, 'source', 'target'))}</edge>\n"
    yield "</graph>\n</graphml>\n"


def _members(one: Vertex | Arc, *without: str) -> dict[str, Any]:
    return {
        name: value
        for name, value in one._asdict().items()
        if name not in without and value is not None
    }


def _data(owner: str, values: dict[str, Any]) -> str:
    return "".join(
        f'<data key="{owner}_{name}">{escape(visible(str(value)))}</data>'
        for name, value in values.items()
    )


def write_cytoscape(answered: Answered, target: IO[bytes]) -> None:
    """Write the JSON of Cytoscape and Cytoscape.js, one element a line."""
    graph = Graph(answered)
    about = {
        "name": f"{answered.question} {answered.code}",
        "question": answered.question,
        "code": answered.code,
        "truncated": answered.is_truncated,
        "told": list(answered.told()),
    }
    head = {"format_version": "1.0", "generated_by": "itemproof", "data": about}
    _write(
        target,
        chain(
            (orjson.dumps(head).decode()[:-1], ',"elements":{"nodes":[\n'),
            _separated(_elements(graph.vertices(), _node_data)),
            ('],"edges":[\n',),
            _separated(_elements(enumerate(graph.arcs()), _arc_data)),
            ("]}}\n",),
        ),
    )


def _node_data(one: Vertex) -> dict[str, Any]:
    return {"id": one.name, **_members(one, "name")}


def _arc_data(numbered: tuple[int, Arc]) -> dict[str, Any]:
    number, arc = numbered
    return {"id": f"e{number}", **arc._asdict()}


def _elements(many: Iterator[T], data: Callable[[T], dict[str, Any]]) -> Iterator[str]:
    return (orjson.dumps({"data": data(one)}).decode() for one in many)


def _separated(texts: Iterator[str]) -> Iterator[str]:
    before = ""
    for text in texts:
        yield before + text
        before = ",\n"
    yield "\n"


def _write(target: IO[bytes], parts: Iterator[str]) -> None:
    while piece := list(islice(parts, CHUNK)):
        target.write("".join(piece).encode())
