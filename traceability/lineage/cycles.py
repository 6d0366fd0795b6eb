"""Which nodes of a directed graph lie on a cycle: strongly connected components.

Source: R. Tarjan, Depth-first search and linear graph algorithms, SIAM J. Comput. 1 (1972).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def cycles(edges: Collection[tuple[Node, Node]]) -> list[frozenset[Node]]:
    """Return the sets of nodes that can reach each other, and nodes with an edge to themselves."""
    following: dict[Node, list[Node]] = {}
    for source, target in _without_ends(set(edges)):
        following.setdefault(source, []).append(target)
    return [
        component
        for component in _components(following)
        if len(component) > 1 or any(node in following.get(node, ()) for node in component)
    ]


def _without_ends(edges: set[tuple[Node, Node]]) -> set[tuple[Node, Node]]:
    """Drop edges to nodes that lead nowhere, as long as that is many of them: mostly it is all."""
    while True:
        sources = {source for source, _ in edges}
        kept = {edge for edge in edges if edge[1] in sources}
        if 2 * len(kept) >= len(edges):
            return kept
        edges = kept


def _components(following: dict[Node, list[Node]]) -> Iterator[frozenset[Node]]:
    order: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    stack: list[Node] = []
    on_stack: set[Node] = set()
    for root in following:
        if root in order:
            continue
        todo: list[tuple[Node, Iterator[Node]]] = []
        _open(root, todo, following, order=order, lowest=lowest, stack=stack)
        on_stack.add(root)
        while todo:
            node, rest = todo[-1]
            other = next(rest, None)
            if other is None:
                todo.pop()
                if todo:
                    above = todo[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == order[node]:
                    yield _close(node, stack, on_stack)
            elif other not in order:
                _open(other, todo, following, order=order, lowest=lowest, stack=stack)
                on_stack.add(other)
            elif other in on_stack:
                lowest[node] = min(lowest[node], order[other])


def _open(
    node: Node,
    todo: list[tuple[Node, Iterator[Node]]],
    following: dict[Node, list[Node]],
    *,
    order: dict[Node, int],
    lowest: dict[Node, int],
    stack: list[Node],
) -> None:
    order[node] = lowest[node] = len(order)
    stack.append(node)
    todo.append((node, iter(following.get(node, ()))))


def _close(node: Node, stack: list[Node], on_stack: set[Node]) -> frozenset[Node]:
    component = [stack.pop()]
    while component[-1] != node:
        component.append(stack.pop())
    on_stack.difference_update(component)
    return frozenset(component)
