"""Every setting of a node: besides the terminal's language, the only reading of the environment."""

from __future__ import annotations

import os
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

WEI_PER_GWEI = 10**9
DEFAULT_BASE_URL = "http://127.0.0.1:8000"


class Settings(BaseSettings):
    """Read from variables that begin with `ITEMPROOF_`.

    Not trusted: the database and the RPC endpoints. Trusted: the contract address and the log
    id, once pinned here or in the data folder.
    """

    # A variable that is set to nothing, as compose files do, is as if it were not set.
    model_config = SettingsConfigDict(
        env_prefix="ITEMPROOF_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: str | None = Field(
        default=None, description="sqlite:///PATH or postgresql://…; default: in the data folder"
    )
    rpc_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="comma-separated; none: an embedded test chain"
    )
    contract: str | None = Field(
        default=None,
        pattern=r"^0x[0-9A-Fa-f]{40}$",
        description="address of the AnchorRegistry: 0x and 40 hex digits",
    )
    log_id: str | None = Field(
        default=None,
        pattern=r"^(0x)?[0-9A-Fa-f]{64}$",
        description="expected log id, 64 hex digits",
    )
    base_url: str = Field(default=DEFAULT_BASE_URL, description="what the printed codes begin with")
    publisher_key_file: Path | None = Field(
        default=None, description="file with the publisher's private key, hex"
    )
    served_heads: Path | None = Field(
        default=None, description="the second place: a file; default: in the data folder"
    )
    timezone: str = Field(default="Asia/Shanghai", description="zone of times on pages")
    lang: Literal["zh", "en"] | None = Field(default=None, description="language of the CLI")
    fee_mode: Literal["eip1559", "legacy", "free"] = Field(default="eip1559")
    finality: str = Field(default="tag", pattern=r"^(tag|depth:[1-9][0-9]{0,5})$")
    anchor_interval: int = Field(
        default=0, ge=0, le=12 * 3600, description="least seconds between two anchors"
    )
    anchor_entries: int = Field(
        default=0, ge=0, description="so many waiting entries end the interval; 0: none do"
    )
    anchor_max_fee: Decimal = Field(
        default=Decimal(500), gt=0, le=10**6, description="most gwei to pay for a unit of gas"
    )
    lock_dir: Path | None = Field(
        default=None, description="shared by ledgers of this machine that use one publisher's key"
    )
    anvil: str | None = Field(
        default=None, description="program of the embedded test chain; default: found"
    )
    public_scores: bool = Field(
        default=False, description="show /quality without a key also on a real chain"
    )
    max_body_bytes: int = Field(default=64 * 2**20, ge=1024, description="largest request, bytes")
    max_capture_bytes: int = Field(
        default=2**30, ge=1024, description="longest document for /epcis/capture, bytes"
    )
    max_capture_events: int = Field(
        default=2_000_000, ge=1, description="most events of one EPCIS document"
    )

    max_submissions: int = Field(
        default=200, ge=1, description="submissions that a process has in hand at once"
    )
    max_submissions_per_key: int = Field(
        default=100, ge=1, description="of them, those of one API key"
    )
    max_submission_bytes: int = Field(
        default=256 * 2**20, ge=1024, description="their documents together, bytes"
    )
    max_capture_jobs: int = Field(
        default=5000, ge=1, description="documents handed to /epcis/capture that wait"
    )
    capture_job_days: int = Field(
        default=30, ge=1, le=36500, description="days that a finished capture job is told of"
    )
    balance_tolerance: str = Field(
        default="0", max_length=64, description="what a balance may miss: 0.5%, 200 g, or both by +"
    )
    lineage_snapshot: bool = Field(
        default=False, description="keep the lineage in memory, so that recalls are told sooner"
    )
    max_connections: int = Field(
        default=1000, ge=1, description="connections that a process answers at once"
    )

    drafting_processes: int = Field(
        default=min(4, os.cpu_count() or 1),
        ge=0,
        description="processes that check and hash large documents; 0: the server's own",
    )

    key_passphrase_file: Path | None = Field(
        default=None, description="file whose first line opens and closes key files"
    )
    backup_passphrase_file: Path | None = Field(
        default=None, description="file whose first line opens and closes backups"
    )

    @field_validator("rpc_urls", mode="before")
    @classmethod
    def _split_urls(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(url.strip() for url in value.split(",") if url.strip())
        return value

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            got = f"got {value[:80]!r}"
            raise ValueError(f"expected a name such as Asia/Shanghai, {got}") from error
        return value

    def database(self, data_dir: Path) -> str:
        """Return the database URL, by default SQLite in the data folder."""
        return self.database_url or f"sqlite:///{data_dir / 'ledger.sqlite'}"

    def for_one_of(self, processes: int) -> Settings:
        """Return the settings of one of several processes: its part of what they share."""
        part = -(-self.drafting_processes // processes)
        return self.model_copy(update={"drafting_processes": part})

    @property
    def max_price(self) -> int:
        """The most to pay for a unit of gas, in wei."""
        return int(self.anchor_max_fee * WEI_PER_GWEI)

    @property
    def locks(self) -> Path:
        """Where the locks of publishers' accounts are, by default one folder for this user."""
        return self.lock_dir or Path(tempfile.gettempdir()) / f"itemproof-{os.getuid()}"
