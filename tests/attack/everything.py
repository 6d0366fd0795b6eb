"""Every attack there is."""

from __future__ import annotations

from tests.attack import (
    backup,
    backup_kills,
    chain,
    chain_on_postgres,
    columns,
    combined,
    contract,
    erasing,
    forging,
    fuzzing,
    lies,
    load,
    rewriting,
    writes,
)
from tests.attack.table import Attack

ATTACKS: tuple[Attack, ...] = (
    *writes.ATTACKS,
    *chain.ATTACKS,
    *lies.ATTACKS,
    *chain_on_postgres.ATTACKS,
    *backup.ATTACKS,
    *backup_kills.ATTACKS,
    *erasing.ATTACKS,
    *load.ATTACKS,
    *columns.ATTACKS,
    *combined.ATTACKS,
    *contract.ATTACKS,
    *fuzzing.ATTACKS,
    *rewriting.ATTACKS,
    *forging.ATTACKS,
)
