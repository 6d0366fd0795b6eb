"""A development chain of one's own: Anvil, with its state kept in the data folder.

Files in the data folder: `devchain.json` (url, process ids), `devchain.state.json` (Anvil's; a
whole copy of it, `devchain.state.json.kept`, is in `devchain_state.py`),
`devchain.key` (the account that deploys, opens and publishes; random, read by its owner only),
`devchain.log` (what Anvil says when it does not start).
Anvil's well-known accounts do not exist on it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from traceability.chain.accounts import Account, address_of, load_or_create_account
from traceability.chain.client import ChainClient
from traceability.chain.devchain_guard import Guard
from traceability.chain.devchain_state import StateKeeper, mend
from traceability.chain.faults import AnvilMissing, ChainUnavailable

CHAIN_ID = 31337
START_SECONDS, STOP_SECONDS, POLL_SECONDS = 15.0, 15.0, 0.02
# Another process may take a free port between our asking and Anvil's.
START_ATTEMPTS = 3
FUNDS_WEI = 10**24
INFO_FILE, STATE_FILE = "devchain.json", "devchain.state.json"
KEY_FILE, LOG_FILE, STOP_LOCK = "devchain.key", "devchain.log", "devchain.lock"
# `finalized` is two epochs behind the newest block; an epoch of one block makes that two blocks.
OPTIONS = (
    "--accounts",
    "0",
    "--hardfork",
    "prague",
    "--host",
    "127.0.0.1",
    "--chain-id",
    str(CHAIN_ID),
    "--slots-in-an-epoch",
    "1",
    "--state-interval",
    "1",
    "--preserve-historical-states",
    "--quiet",
)
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class RunningDevChain:
    """A development chain that answers; `owner` is the process that will stop it."""

    url: str
    pid: int
    owner: int


class DevChain:
    """Runs Anvil while the context lasts, again if it ends before; one that runs is shared.

    Parameters
    ----------
    data_dir
        Where the chain's files are; made if missing.
    anvil
        Anvil's path; None finds it.
    """

    def __init__(self, data_dir: Path, *, anvil: str | None = None) -> None:
        self._data_dir = data_dir
        self._anvil = anvil
        self._process: subprocess.Popen[bytes] | None = None
        self._owns = False
        self._pid = 0
        self._keeper = StateKeeper(data_dir / STATE_FILE)
        self._guard = Guard(self._lives, self._start_again)
        self.url = ""
        self.chain_id = CHAIN_ID

    @property
    def account(self) -> Account:
        """The folder's account, which has all the funds that it needs."""
        return load_or_create_account(self._data_dir / KEY_FILE)

    def __enter__(self) -> Self:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        with self._alone():
            found = running_dev_chain(self._data_dir)
            if found is None:
                self._start()
            else:
                self.url = found.url
                # A chain whose owner died without stopping it is ours now.
                if not _is_alive(found.owner):
                    self._owns = True
                    self._write_info(found.pid)
        self._fund()
        if self._owns:
            self._keeper.start()
            self._guard.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._owns:
            self._guard.stop()
            self._stop()
            self._keeper.stop()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only process that looks for the folder's chain, and starts one."""
        with (self._data_dir / STOP_LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _fund(self) -> None:
        with ChainClient([self.url], chain_id=CHAIN_ID) as client:
            client.fund(address_of(self.account), FUNDS_WEI)

    def _lives(self) -> bool:
        return _is_alive(self._pid) if self._process is None else self._process.poll() is None

    def _start_again(self) -> bool:
        """Start the chain at the address that is known of it; tell whether it answers."""
        with self._alone():
            # A command has started one of its own meanwhile, on the same state: it ends first.
            if running_dev_chain(self._data_dir) is not None:
                return False
            mend(self._data_dir / STATE_FILE)
            port = int(self.url.rpartition(":")[2])
            process = self._spawn(anvil_binary(self._anvil), port)
            if not _answers_within(self.url, process, is_over=self._guard.is_over):
                _end(process)
                return False
            self._process = process
            self._write_info(process.pid)
        self._fund()
        return True

    def _start(self) -> None:
        binary = anvil_binary(self._anvil)
        mend(self._data_dir / STATE_FILE)
        for _ in range(START_ATTEMPTS):
            port = _free_port()
            self.url = f"http://127.0.0.1:{port}"
            self._process = self._spawn(binary, port)
            if _answers_within(self.url, self._process):
                self._owns = True
                self._write_info(self._process.pid)
                return
            _end(self._process)
        log = self._data_dir / LOG_FILE
        raise ChainUnavailable(f"development chain does not start: see {log}")

    def _spawn(self, binary: str, port: int) -> subprocess.Popen[bytes]:
        state = self._data_dir / STATE_FILE
        with (self._data_dir / LOG_FILE).open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own program, no shell
                [binary, *OPTIONS, "--port", str(port), "--state", str(state)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for us: we stop Anvil when we have finished with it.
                start_new_session=True,
            )

    def _stop(self) -> None:
        found = _read_info(self._data_dir)
        if self._process is not None:
            _end(self._process)
        elif found is not None:
            _end_by_id(found.pid)
        (self._data_dir / INFO_FILE).unlink(missing_ok=True)

    def _write_info(self, pid: int) -> None:
        self._pid = pid
        info = {"owner": os.getpid(), "pid": pid, "url": self.url}
        temporary = self._data_dir / f"{INFO_FILE}.new"
        temporary.write_text(json.dumps(info) + "\n", encoding="utf-8")
        temporary.replace(self._data_dir / INFO_FILE)


class SharedDevChain:
    """The development chain that another process has started, and stops.

    Should that process die, whoever leaves first stops the chain in its place.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.url = ""

    @property
    def account(self) -> Account:
        """The folder's account."""
        return load_or_create_account(self._data_dir / KEY_FILE)

    def __enter__(self) -> Self:
        found = _read_info(self._data_dir)
        if found is None:
            raise ChainUnavailable("development chain of the data folder does not run")
        self.url = found.url
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A second signal would keep Anvil from writing down its state.
        with (self._data_dir / STOP_LOCK).open("a") as lock, contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found = _read_info(self._data_dir)
            if found is not None and not _is_alive(found.owner):
                _end_by_id(found.pid)
                (self._data_dir / INFO_FILE).unlink(missing_ok=True)


def running_dev_chain(data_dir: Path) -> RunningDevChain | None:
    """Return the data folder's development chain if it runs and answers."""
    found = _read_info(data_dir)
    if found is None or not _is_alive(found.pid) or not _answers(found.url):
        return None
    return found


def anvil_binary(named: str | None = None) -> str:
    """Return Anvil's path: the named one, the installed npm package's, or the PATH's.

    Raises
    ------
    AnvilMissing
        There is none; the message says what to do.
    """
    if named is not None:
        if not os.access(named, os.X_OK):
            raise AnvilMissing(f"anvil missing: expected a program, got {named!r}")
        return named
    packages = REPOSITORY / "contracts" / "node_modules" / "@foundry-rs"
    for binary in sorted(packages.glob("anvil-*/bin/anvil*")):
        if os.access(binary, os.X_OK):
            return str(binary)
    found = shutil.which("anvil")
    if found is None:
        raise AnvilMissing(
            "anvil missing: run `npm ci --prefix contracts` in the repository, put Foundry's "
            "anvil on the PATH, name it in ITEMPROOF_ANVIL, or configure a chain"
        )
    return found


def _read_info(data_dir: Path) -> RunningDevChain | None:
    try:
        info = json.loads((data_dir / INFO_FILE).read_text(encoding="utf-8"))
        return RunningDevChain(str(info["url"]), int(info["pid"]), int(info["owner"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _answers(url: str) -> bool:
    with ChainClient([url], timeout_seconds=2) as client:
        try:
            return client.chain_id() == CHAIN_ID
        except ChainUnavailable:
            return False


def _answers_within(
    url: str, process: subprocess.Popen[bytes], *, is_over: threading.Event | None = None
) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if is_over is not None and is_over.is_set():
            return False
        if _answers(url):
            # Somebody else may answer at this port while ours could not take it.
            return process.poll() is None
        time.sleep(POLL_SECONDS)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the process to stop, which saves the chain's state; insist after a while."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end_by_id(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, 15)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_alive(pid) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Tell whether a process has ended and its parent has not asked how; never, but on Linux."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2]
    except OSError:
        return False
    return state.startswith("Z")
