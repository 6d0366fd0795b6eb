"""`mirror` and `rebuild`: the log as plain files, and a store brought back from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger_api.cli.output import Output
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run

if TYPE_CHECKING:
    from traceability.errors import ItemProofError
    from traceability.ledger.mirror.folder import MirrorFolder
    from traceability.ledger.mirror.source import LogSource
    from traceability.ledger.rebuild import Rebuilt
    from traceability.verify.trust import Trust

TrustFile = Annotated[
    Path | None,
    typer.Option("--trust", help="Trust file; default: the mirror's own, the operator's word."),
]
TRUST_NAME = "trust.json"


def mirror(
    url: Annotated[str, typer.Argument(help="Address of a node, of its /log, or of a mirror.")],
    folder: Annotated[Path, typer.Argument(help="Folder of the mirror.", metavar="DIR")],
    trust: TrustFile = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="File with an auditor's API key.")
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Copy the log into a folder, or what is new of it; refuse a log that contradicts it."""

    def work(command: Command) -> None:
        from traceability.ledger.mirror.copying import copy_log
        from traceability.ledger.mirror.folder import MirrorFolder
        from traceability.ledger.mirror.source import HttpSource

        place = MirrorFolder(folder)
        api_key = None if key_file is None else key_file.read_text(encoding="utf-8").strip()
        with HttpSource(url, api_key=api_key) as source, command.output.bar("mirror") as bar:
            found = trust_for(place, source.find(), trust)
            copied = copy_log(source, place, found, progress=bar)
        value = {
            "before": copied.before,
            "tree_size": copied.head.tree_size,
            "root_hash": copied.head.root_hash.hex(),
            "bundles": copied.fetched,
            "anchors": copied.anchors,
            "path": str(folder),
        }
        line = command.output.say("mirrored", **value, new=copied.head.tree_size - copied.before)
        command.output.answer(value, [line])

    run(data, as_json, work)


def trust_for(folder: MirrorFolder, source: LogSource, named: Path | None) -> Trust:
    """Return the trust to copy by: the file named, else the mirror's own, kept at first use.

    What it names of log, key, chain and contract stays as at first; blocks are added.
    """
    from traceability.ledger.mirror.source import require
    from traceability.verify.trust import load_trust, parse_trust

    if named is not None:
        found = load_trust(named)
        if folder.read(TRUST_NAME) is None:
            _keep(folder, found)
        return found
    known = folder.read(TRUST_NAME)
    told = parse_trust(require(source, TRUST_NAME))
    if known is None:
        _keep(folder, told)
        return told
    trusted = parse_trust(known)
    if _identity(told) == _identity(trusted) and told.block_hashes != trusted.block_hashes:
        _keep(folder, told)
    return trusted


def _identity(trust: Trust) -> tuple[object, ...]:
    return (trust.chain_id, trust.contract, trust.code_hash, trust.log, trust.log_key, trust.origin)


def _keep(folder: MirrorFolder, trust: Trust) -> None:
    import json

    with folder.writing():
        text = json.dumps(trust.to_json(), indent=2, sort_keys=True) + "\n"
        folder.write(TRUST_NAME, text.encode())


def rebuild(
    folder: Annotated[Path, typer.Argument(help="Folder of the mirror.", metavar="DIR")],
    trust: TrustFile = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Bring back the tables of the log: into an empty database, or into an old copy."""

    def work(command: Command) -> int:
        found = _bring_back(command, folder, trust)
        with command.node(need="existing") as node:
            closed = node.gate.fault()
        command.output.answer(*_rebuilt(found, closed, command.output))
        if closed is not None:
            command.output.warn(closed)
        return 0 if closed is None else 1

    run(data, as_json, work)


def _bring_back(command: Command, folder: Path, trust: Path | None) -> Rebuilt:
    from ledger_api.wiring import open_keyring
    from traceability.ledger.mirror.folder import MirrorFolder
    from traceability.ledger.node import SERVED_HEADS
    from traceability.ledger.rebuild import rebuild as run_rebuild
    from traceability.ledger.rebuild import require_keys
    from traceability.ledger.second_place import SecondPlace
    from traceability.store.store import Store
    from traceability.verify.trust import load_trust

    settings, path = command.settings, command.data_dir
    trusted = load_trust(trust or folder / TRUST_NAME)
    keyring = open_keyring(command.settings, path)
    require_keys(keyring)
    place = SecondPlace(settings.served_heads or path / SERVED_HEADS)
    with Store.open(settings.database(path), path) as store, command.output.bar("rebuild") as bar:
        mirror_folder = MirrorFolder(folder)
        return run_rebuild(store, keyring, mirror_folder, trusted, second_place=place, progress=bar)


def _rebuilt(
    found: Rebuilt, closed: ItemProofError | None, output: Output
) -> tuple[dict[str, Any], list[str]]:
    from traceability.hashing.encoding import b64u_encode
    from traceability.verify.identity import record_urn

    missing = [
        {
            "entry": b64u_encode(batch.entry_hash),
            "leaf_index": batch.leaf_index,
            "participant": batch.participant.hex(),
            "name": batch.name,
            "records": batch.record_count,
            "first": record_urn(batch.entry_hash, 0),
            "last": record_urn(batch.entry_hash, batch.record_count - 1),
        }
        for batch in found.missing
    ]
    value = {
        "first": found.first,
        "tree_size": found.tree_size,
        "entries": found.tree_size - found.first,
        "anchors": found.anchors,
        "served": found.served,
        "writable": closed is None,
        "missing": missing,
        "missing_batches": found.missing_batches,
        "missing_records": found.missing_records,
        **({} if closed is None else {"closed": closed.to_dict()}),
    }
    lines = [output.say("rebuilt", **value)]
    if found.served > found.tree_size:
        lines.append(output.say("mirror_too_old", **value))
    if found.missing_batches:
        lines.append(output.say("records_missing", **value))
        lines += [output.say("missing_batch", **batch) for batch in missing]
    return value, lines
