"""What a node imports before it answers; the libraries below take seconds together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SLOW = {
    "alembic",
    "duckdb",
    "eth_account",
    "numpy",
    "py_ecc",
    "pyarrow",
    "qrcode",
    "reportlab",
    "scipy",
}
SERVING = "import ledger_api.cli.app, ledger_api.wiring, ledger_api.serving"


def imported(statements: str) -> set[str]:
    """Return the packages that a fresh interpreter has after some statements."""
    told = f"{statements}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    ended = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=90
    )
    return set(ended.stdout.split())


def test_a_node_starts_without_what_only_signing_scoring_and_printing_need() -> None:
    found = imported(SERVING)
    assert {"fastapi", "sqlalchemy", "uvicorn"} <= found
    assert not SLOW & found


def test_an_up_to_date_database_is_opened_without_what_migrates_it(tmp_path: Path) -> None:
    opening = (
        "import pathlib\n"
        "from traceability.store.store import Store\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "address = f'sqlite:///{folder}/ledger.sqlite'\n"
        "Store.open(address, folder).close()\n"
    )
    assert "alembic" in imported(opening)
    assert "alembic" not in imported(opening)


def test_signing_brings_its_library_and_leaves_the_limit_of_recursion() -> None:
    limit = sys.getrecursionlimit()
    signing = (
        "import sys\n"
        "from traceability.chain.accounts import account_of\n"
        "fields = {'chainId': 1, 'nonce': 0, 'gas': 21000, 'value': 0, 'gasPrice': 1,\n"
        "          'to': '0x' + '11' * 20}\n"
        "assert len(account_of(b'\\x01' * 32).sign_transaction(fields).hash) == 32\n"
        f"assert sys.getrecursionlimit() == {limit}\n"
    )
    assert "eth_account" in imported(f"import sys\nsys.setrecursionlimit({limit})\n{signing}")
