"""Unit tests open no socket, no database and start no program: what tries is refused."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
from typing import Any, NoReturn

import pytest


def refusal(what: str) -> Any:
    """Return a function that refuses to do `what`."""

    def refuse(*_arguments: object, **_options: object) -> NoReturn:
        raise AssertionError(f"a unit test tried to {what}: move it to tests/integration")

    return refuse


@pytest.fixture(autouse=True)
def no_outside_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections, databases and programs for the length of one test."""
    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refusal("use the network"))
    monkeypatch.setattr(socket, "getaddrinfo", refusal("look up a host"))
    for module in (sqlite3, sqlite3.dbapi2):
        monkeypatch.setattr(module, "connect", refusal("open a database"))
    monkeypatch.setattr(subprocess, "Popen", refusal("start a program"))
