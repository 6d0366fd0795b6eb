"""A 500 MB document in XML into a ledger, by command and over HTTP: peak memory, and speed.

Run by the programs that a user runs; memory is each process's own peak, as Linux counts it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from scripts.benchmarks.events import sample_document
from scripts.benchmarks.measure import Part, Row
from traceability.events.xml.writing import write_xml

LENGTH = 500_000_000  # bytes
MEMORY = 400.0  # MiB
LOOK_SECONDS = 0.05
BLOCK = 1_000
# Replaced in the written events, so that all are different without writing each anew.
_SERIAL = "99887766"
_ITEMPROOF = [sys.executable, "-m", "ledger_api.cli"]


def write_long(path: Path, length: int) -> int:
    """Write a document of at least a length; return how many events it has."""
    document = sample_document(0, BLOCK)
    for number, event in enumerate(document["epcisBody"]["eventList"]):
        codes = [f"{code[:-10]}{_SERIAL}{number:04d}{code[-2:]}" for code in event["epcList"]]
        event["epcList"] = codes
    written = write_xml(document, version="2.0")
    start = written.index(b"<EventList>") + len(b"<EventList>")
    end = written.index(b"</EventList>")
    blocks = 0
    with path.open("wb") as file:
        file.write(written[:start])
        while file.tell() < length:
            file.write(written[start:end].replace(_SERIAL.encode(), b"%08d" % blocks))
            blocks += 1
        file.write(written[end:])
    return BLOCK * blocks


class Peak(threading.Thread):
    """Watches a process and those that it starts; `mebibytes` is the largest peak of one."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._ended = threading.Event()
        self.peaks: dict[str, float] = {}

    def run(self) -> None:
        """Look again and again: a process takes its peak with it when it ends."""
        while not self._ended.wait(LOOK_SECONDS):
            for process in _family(self._root):
                self._look(process)

    def _look(self, process: int) -> None:
        try:
            status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
        except OSError:
            return
        members = dict(line.split(":", 1) for line in status.splitlines())
        if "VmHWM" in members:
            name = f"{members['Name'].strip()}-{process}"
            self.peaks[name] = int(members["VmHWM"].split()[0]) / 1024

    def end(self) -> float:
        """Stop looking; return the largest peak."""
        self._ended.set()
        self.join()
        for name, peak in sorted(self.peaks.items()):
            sys.stderr.write(f"  {name}: {peak:,.0f} MiB\n")
        return max(self.peaks.values(), default=0.0)


def _family(root: int) -> list[int]:
    found = [root]
    for process in found:
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            try:
                found += map(int, children.read_text(encoding="utf-8").split())
            except OSError:
                continue
    return found


def _measure(*, quick: bool) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.xml"
        events = write_long(path, LENGTH // 10 if quick else LENGTH)
        data = Path(folder) / "by-command"
        memory, taken = _by_command(path, data, events)
        yield Row("xml-capture-memory", memory, "MiB", MEMORY)
        yield Row("xml-capture", events / taken, "events/s", at_most=False)
        data = Path(folder) / "over-http"
        memory, taken = _over_http(path, data, events)
        yield Row("xml-capture-http-memory", memory, "MiB", MEMORY)
        yield Row("xml-capture-http", events / taken, "events/s", at_most=False)


def _call(*arguments: str, data: Path) -> dict[str, Any]:
    command = [*_ITEMPROOF, *arguments, "--data", str(data), "--json"]
    done = subprocess.run(command, check=True, capture_output=True)  # our own program
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _by_command(path: Path, data: Path, events: int) -> tuple[float, float]:
    """Return peak memory and seconds of `itemproof submit`."""
    _open(data)
    command = [*_ITEMPROOF, "submit", str(path), "--data", str(data), "--json"]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)  # our own program
    peak = Peak(process.pid)
    peak.start()
    answer, _ = process.communicate()
    taken = time.perf_counter() - started
    _check(json.loads(answer)["files"][0], events)
    return peak.end(), taken


def _open(data: Path) -> None:
    """Open the ledger of a folder, so that this is not measured."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.json"
        path.write_text(json.dumps(sample_document(10**7, 1)), encoding="utf-8")
        _call("submit", str(path), data=data)


def _check(found: dict[str, Any], events: int) -> None:
    if found["accepted"] != events:
        raise RuntimeError(f"not all was accepted: expected {events}, got {found['accepted']}")


def _over_http(path: Path, data: Path, events: int) -> tuple[float, float]:
    """Return peak memory of the server, and seconds from sending to the end of the job."""
    _open(data)
    token = _call("key", "create", data=data)["token"]
    with _serving(data) as (server, base):
        peak = Peak(server)
        peak.start()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/xml"}
        with httpx.Client(base_url=base, headers=headers, timeout=600) as client:
            started = time.perf_counter()
            with path.open("rb") as file:
                answer = client.post("/epcis/capture", content=file)
            answer.raise_for_status()
            while (job := client.get(answer.headers["location"]).json())["running"]:
                time.sleep(0.2)
            taken = time.perf_counter() - started
        _check(job, events)
        return peak.end(), taken


@contextmanager
def _serving(data: Path) -> Iterator[tuple[int, str]]:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    command = [*_ITEMPROOF, "serve", "--port", str(port), "--data", str(data)]
    process = subprocess.Popen(command, env=os.environ)  # our own program
    try:
        base = f"http://127.0.0.1:{port}"
        while not _answers(base):
            if process.poll() is not None:
                raise RuntimeError("the server did not start")
            time.sleep(0.1)
        yield process.pid, base
    finally:
        process.terminate()
        process.wait()


def _answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/healthz").status_code < 500  # noqa: PLR2004  # any answer
    except httpx.TransportError:
        return False


NAMES = ("xml-capture-memory", "xml-capture", "xml-capture-http-memory", "xml-capture-http")
PART = Part(NAMES, _measure)
