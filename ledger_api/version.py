"""The version of this program, as installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("itemproof")
except PackageNotFoundError:  # run from a source tree that was never installed
    VERSION = "0.0.0"
