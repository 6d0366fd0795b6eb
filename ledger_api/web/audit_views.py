"""What the audit page needs: where the log stands, and the answer to a question of lineage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ledger_api.web.views import ChainPart, FaultRow, StatusRow


@dataclass(frozen=True, slots=True)
class Cell:
    """A fact of an answer, shown as it is.

    Parameters
    ----------
    text
        As it is, or the name of a word.
    kind
        `code` for a code, `said` for a line of the commands, else a kind of terms.
    """

    text: str = ""
    kind: str = ""
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A cell with its heading, and where its proof is."""

    name: str
    cell: Cell
    proof_url: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A line of an answer, and where its proof is."""

    cells: tuple[Cell, ...]
    proof_url: str | None = None


@dataclass(frozen=True, slots=True)
class LineageShown:
    """An answer on the page; `more` rows of it are only in a file.

    `findings` are (code, what it is about).
    """

    code: str
    status: str
    facts: tuple[Fact, ...]
    columns: tuple[str, ...] = ()
    rows: tuple[AnswerRow, ...] = ()
    more: int = 0
    findings: tuple[tuple[str, str], ...] = ()
    is_truncated: bool = False


@dataclass(frozen=True, slots=True)
class AskedPart:
    """What the form was sent with, and what came of it; `nearest` is a known code like it."""

    question: str = "recall"
    typed: str = ""
    key: str = "raw_lot"
    fault: FaultRow | None = None
    nearest: str = ""
    shown: LineageShown | None = None
    http_status: int = 200


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """One checkpoint on its way into the chain."""

    tree_size: int
    root_hash: str
    state: str
    block_number: int | None = None
    block_time: datetime | None = None
    evidence_url: str | None = None


@dataclass(frozen=True, slots=True)
class SaidRow:
    """A status entry: what it says, of which batch, or of which records of it.

    `records` is empty where it is the whole batch; `lot` is set where that is a lot.
    """

    said: StatusRow
    batch: int | None
    records: str
    url: str
    lot: str = ""


@dataclass(frozen=True, slots=True)
class AuditView:
    """Where the log stands, and what an auditor fetches."""

    chain: ChainPart
    origin: str
    checkpoint: str
    tree_size: int
    root_hash: str
    states: tuple[tuple[str, int], ...]
    anchors: tuple[AnchorRow, ...]
    said: tuple[SaidRow, ...] = ()
    is_chain_reachable: bool = True
    asked: AskedPart = AskedPart()
    trust_url: str = "/log/trust.json"
    checkpoint_url: str = "/log/checkpoint"
