"""The guard of tests/unit/conftest.py refuses what it says it refuses."""

import socket
import sqlite3
import subprocess
import sys

import pytest


def test_network_is_refused() -> None:
    with socket.socket() as one, pytest.raises(AssertionError, match="use the network"):
        one.connect(("127.0.0.1", 9))


def test_socket_pairs_for_event_loops_are_not_refused() -> None:
    one, other = socket.socketpair()
    with one, other:
        one.send(b"x")
        assert other.recv(1) == b"x"


def test_databases_are_refused() -> None:
    with pytest.raises(AssertionError, match="open a database"):
        sqlite3.connect(":memory:")


def test_programs_are_refused() -> None:
    with pytest.raises(AssertionError, match="start a program"):
        subprocess.run([sys.executable, "--version"], check=True)
