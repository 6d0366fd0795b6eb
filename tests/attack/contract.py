"""The contract is called at random, honestly and not, and what must hold of it is asked.

Forge makes the calls (`contracts/test/Invariants.t.sol`); a trial is one call.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.attack.table import Attack, Outcome, Setting

ROOT = Path(__file__).parents[2]
RESULT = re.compile(r"^\[(?P<word>PASS|FAIL[^\]]*)\] invariant_(?P<name>\w+)\(\)(?P<rest>.*)", re.M)
CALLS = re.compile(r"runs: \d+, calls: (\d+), reverts: (\d+)")
# What the issue asks for, of each invariant.
LEAST_CALLS = 100_000


def forge(profile: str, folder: Path) -> str:
    """Run the invariants in a profile of contracts/foundry.toml, and return what Forge says."""
    tools = [ROOT / "contracts/node_modules/.bin", ROOT / ".tools/bin"]
    path = os.pathsep.join([*map(str, tools), os.environ.get("PATH", "")])
    done = subprocess.run(
        ["forge", "test", "--offline", "--use", "./solc.js", "--match-contract", "InvariantTest"],
        cwd=ROOT / "contracts",
        env=os.environ
        | {
            "PATH": path,
            "FOUNDRY_PROFILE": profile,
            "FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR": str(folder),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def outcome_of(said: str, *, least: int) -> Outcome:
    """Return what Forge's words say: calls made, and those of invariants that held."""
    calls = {found["name"]: CALLS.search(found["rest"]) for found in RESULT.finditer(said)}
    made = {name: int(found[1]) if found else 0 for name, found in calls.items()}
    lost = [f["name"] for f in RESULT.finditer(said) if f["word"] != "PASS" or made[f["name"]] < 1]
    few = [name for name, number in made.items() if number < least]
    held = sum(number for name, number in made.items() if name not in {*lost, *few})
    evidence = f"{len(made)} invariants of at least {min(made.values(), default=0):,} calls each"
    if lost or few or not made:
        evidence = f"does not hold: {lost}; too few calls: {few}; {said[-400:]}"
    # An invariant that breaks at once was called once at least.
    return Outcome(max(1, sum(max(1, number) for number in made.values())), held, evidence)


def invariants(setting: Setting, folder: Path) -> Outcome:
    """Call the contract at random."""
    if setting.scale < 100:
        return outcome_of(forge("default", folder), least=1)
    return outcome_of(forge("attack", folder), least=LEAST_CALLS)


ATTACKS: tuple[Attack, ...] = (Attack("the contract is called at random", invariants),)
