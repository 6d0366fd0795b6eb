"""`verify --fork`: whether two signed heads of a log are of one history, and what shows it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger_api.cli.files import write_whole
from ledger_api.cli.judging import Sources, opened_source
from ledger_api.cli.running import Command
from ledger_api.statuses import EXIT_OK, EXIT_REFUSED, EXIT_UNAVAILABLE

if TYPE_CHECKING:
    from traceability.ledger.mirror.split_view import Heads
    from traceability.merkle.checkpoint import Checkpoint

STATUS = {"consistent": EXIT_OK, "split": EXIT_REFUSED, "undecided": EXIT_UNAVAILABLE}


def compare(
    command: Command,
    files: list[Path],
    *,
    trust: Path | None,
    sources: Sources,
    output: Path | None,
) -> int:
    """Compare two heads and print the verdict; write the evidence where they contradict."""
    from traceability.ledger.mirror.split_view import Heads, compare_heads
    from traceability.verify.trust import load_trust

    trusted = load_trust(trust or command.data_dir / "trust.json")
    found = [_read(path) for path in files]
    heads = Heads(
        tuple(note for one in found for note in one.notes),
        found[0].nodes if len(found) == 1 else (),
    )
    with opened_source(sources) as source:
        compared = compare_heads(heads, trusted, source=source)
    value: dict[str, Any] = {
        "verdict": compared.verdict,
        "log": trusted.log.hex(),
        "earlier": _head_json(compared.earlier),
        "later": _head_json(compared.later),
    }
    if output is not None and compared.fork is not None:
        write_whole(output, compared.fork.to_bytes())
        value["path"] = str(output)
    command.output.answer(value, _lines(command, value))
    return STATUS[compared.verdict]


def _read(path: Path) -> Heads:
    from traceability.ledger.mirror.split_view import MAX_BYTES, read_heads

    with path.open("rb") as handle:
        return read_heads(handle.read(MAX_BYTES + 1))


def _head_json(head: Checkpoint) -> dict[str, Any]:
    return {"tree_size": head.tree_size, "root_hash": head.root_hash.hex()}


def _lines(command: Command, value: dict[str, Any]) -> list[str]:
    say = command.output.say
    lines = [say(f"fork_{value['verdict']}")]
    lines += [say("fork_head", **value[name]) for name in ("earlier", "later")]
    if "path" in value:
        lines.append(say("fork_file", path=value["path"]))
    return lines
