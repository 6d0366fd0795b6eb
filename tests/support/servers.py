"""Running a program of ours as a real process, waiting until it answers, ending it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it answers, its process, its output so far."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the process and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"server did not stop:\n{self.output()}") from None

    def output(self) -> str:
        """Return what the server has written."""
        return self.log.read_text(encoding="utf-8", errors="replace")


def free_port() -> int:
    """Return a port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def itemproof_command(*arguments: str) -> list[str]:
    """Return the command line that runs our program with this Python."""
    program = "import sys; from ledger_api.cli import main; sys.exit(main())"
    return [sys.executable, "-c", program, *arguments]


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment without the caller's own ItemProof settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ITEMPROOF_")}
    tools = {name: os.environ[name] for name in ("ITEMPROOF_ANVIL",) if name in os.environ}
    return {**kept, **tools, **(extra or {})}


def run_itemproof(
    *arguments: str, environment: Mapping[str, str] | None = None, timeout_seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run our program to its end; the caller looks at status and output."""
    return subprocess.run(
        itemproof_command(*arguments),
        env=clean_environment(environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )


@contextmanager
def running(
    command: Sequence[str],
    url: str,
    *,
    log: Path,
    ready: str = "/healthz",
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Start a command, wait until `url + ready` answers 200, stop it at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=clean_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(url, process, log)
    try:
        wait_until_ready(server, ready)
        yield server
    finally:
        server.stop()


def wait_until_ready(server: Server, path: str) -> None:
    """Ask until the server answers; fail with its output when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(server.url + path, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise AssertionError(f"server never answered {path}:\n{server.output()}")
