"""`mint` and `labels`: a lot with unguessable serials, and its QR sheet."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from traceability.strict_json import JSONValue


def mint(
    gtin: Annotated[str, typer.Option(help="GTIN-8, -12, -13 or -14, with its check digit.")],
    lot: Annotated[str, typer.Option(help="Lot number, 1 to 20 GS1 characters.")],
    quantity: Annotated[int, typer.Option(help="How many items.", min=1)],
    name_zh: Annotated[str, typer.Option(help="Product name, Chinese.")] = "",
    name_en: Annotated[str, typer.Option(help="Product name, English.")] = "",
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Issue a lot: draw serials, commit, sign, log and anchor."""
    names: dict[str, JSONValue] = {"zh": name_zh, "en": name_en}
    attributes: dict[str, JSONValue] = {"name": {k: v for k, v in names.items() if v}}
    wanted = (gtin, lot, quantity, attributes if attributes["name"] else {})
    run(data, as_json, lambda command: _mint(command, *wanted))


def _mint(
    command: Command, gtin: str, lot: str, quantity: int, attributes: dict[str, JSONValue]
) -> None:
    from ledger_api.defaults import default_participant
    from traceability.codes.keys import parse_gtin
    from traceability.codes.uris import item_prefix
    from traceability.ledger.lookup import CodeUnknown
    from traceability.ledger.mint import Lot

    started = time.monotonic()
    wanted = Lot(parse_gtin(gtin), lot, quantity, attributes)
    with command.node(need="required") as node, command.output.bar("mint") as bar:
        minted = node.mint(wanted, participant=default_participant(node), progress=bar)
        node.anchor_and_wait()
        with node.store.reading() as repositories:
            entry = repositories.entries.by_arrival(minted.arrival)
            first = repositories.items.get(minted.batch, 1)
    if entry is None or first is None:
        raise CodeUnknown("minted lot cannot be read back")
    seconds = time.monotonic() - started
    base = command.settings.base_url.rstrip("/")
    path = item_prefix(wanted.gtin, lot).removeprefix("https://id.gs1.org")
    answer = {
        "batch": minted.batch,
        "leaf_index": entry.leaf_index,
        "first_url": f"{base}{path}{first.serial}",
        "quantity": quantity,
        "seconds": round(seconds, 3),
    }
    say = command.output.say
    lines = [
        say("minted", quantity=quantity, gtin=wanted.gtin, lot=lot, seconds=f"{seconds:.1f}"),
        say("batch", batch=minted.batch, entry=entry.leaf_index),
        say("first", url=answer["first_url"]),
    ]
    command.output.answer(answer, lines)


def labels(
    lot: Annotated[str, typer.Argument(help="Lot number, or GTIN/lot where it is ambiguous.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="PDF to write.")],
    allow_localhost: Annotated[
        bool, typer.Option(help="Print codes that only this machine can open.")
    ] = False,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Write a sheet of QR labels for a lot."""
    run(data, as_json, lambda command: _labels(command, lot, output, allow_localhost))


def _labels(command: Command, lot: str, output: Path, allow_localhost: bool) -> None:
    from ledger_api.label_page import Label
    from ledger_api.labels import write_label_sheet
    from ledger_api.lots import find_lot
    from traceability.codes.keys import parse_gtin

    gtin, _, number = lot.rpartition("/")
    # On the embedded test chain every label is a trial print.
    allow_local = allow_localhost or not command.settings.rpc_urls
    with command.node(need="existing") as node, command.output.bar("labels") as bar:
        found = find_lot(node.store, number, gtin=parse_gtin(gtin) if gtin else None)
        sheet = write_label_sheet(
            output,
            [Label(found.gtin, found.lot, serial) for serial in found.serials],
            base_url=command.settings.base_url,
            product=found.name,
            allow_local=allow_local,
            progress=lambda done: bar(done, len(found.serials)),
        )
    command.output.answer(
        {"labels": sheet.labels, "pages": sheet.pages, "path": str(output)},
        [command.output.say("labels", labels=sheet.labels, pages=sheet.pages, path=output)],
    )
