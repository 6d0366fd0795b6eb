"""`sign`: a document signed on a machine without a network, for `submit --signed` on another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger_api.cli.files import require_writable, write_whole
from ledger_api.cli.passphrases import PassphraseFile, own_key
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from ledger_api.cli.signing import drafted, faulty, read_document
from ledger_api.cli.submitting import answer_reports, require_readable
from ledger_api.statuses import EXIT_OK

if TYPE_CHECKING:
    from traceability.client import BatchDraft
    from traceability.client.sending import Signed

Document = Annotated[Path, typer.Argument(help="EPCIS document, JSON-LD.")]
Key = Annotated[Path, typer.Option(help="Your key file.")]
Trust = Annotated[Path, typer.Option(help="Trust file of the log.")]
Position = Annotated[Path, typer.Option(help="The node's answer of GET /api/keys/KEY_ID.")]
HeadFile = Annotated[Path, typer.Option("--head", help="The log's answer of GET /log/checkpoint.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="Signed batch to write.")]
Chain = Annotated[
    Path | None, typer.Option("--chain", help="What the key has signed; default: KEY.chain.")
]
Refused = Annotated[
    bool, typer.Option("--refused", help="The node refused what was signed here last: sign anew.")
]
Proceed = Annotated[bool, typer.Option("--proceed", help="Sign the sound events of a faulty one.")]


def sign(
    document: Document,
    key: Key,
    trust: Trust,
    position: Position,
    head: HeadFile,
    output: Output,
    chain: Chain = None,
    refused: Refused = False,
    proceed: Proceed = False,
    passphrase_file: PassphraseFile = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Sign a document as a batch on a machine without a network; `submit --signed` sends it.

    The node's answer about the key and a signed head of the log are carried here in files.
    """

    def work(command: Command) -> int:
        require_readable([document, key, trust, position, head])
        require_writable(output)
        value = read_document(document)
        records, faults = drafted(value)
        if not records or (faults and not proceed):
            return answer_reports(command, [faulty(document, records, faults)])
        from traceability.client import draft_batch, master_data_record
        from traceability.client.key_folder import KeyFolder
        from traceability.client.offline import OfflineSigner
        from traceability.verify.trust import load_trust

        signer = OfflineSigner(
            load_trust(trust),
            key=own_key(command, key, passphrase_file),
            folder=KeyFolder(chain or key.with_name(f"{key.name}.chain")),
        )
        draft = draft_batch([*records, *master_data_record(value)])
        note = head.read_text(encoding="utf-8")
        signed = signer.sign(draft, position=position.read_bytes(), note=note, refused=refused)
        write_whole(output, signed.body)
        _answer(command, signed, draft, output)
        return EXIT_OK

    run(data, as_json, work)


def _answer(command: Command, signed: Signed, draft: BatchDraft, output: Path) -> None:
    from traceability.hashing.encoding import b64u_encode
    from traceability.hashing.statement import entry_leaf_hash

    header = signed.statement.header
    found: dict[str, Any] = {
        "path": str(output),
        "key_id": header.key.hex(),
        "sequence": header.sequence,
        "record_count": draft.record_count,
        "batch_root": draft.batch_root.hex(),
        "entry_hash": b64u_encode(entry_leaf_hash(signed.envelope)),
    }
    command.output.answer(found, [command.output.say("signed_here", **found)])
