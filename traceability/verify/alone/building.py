"""Put the verifier's own sources into one file that needs Python alone.

Every source stands in it byte for byte as it is in the package, behind its SHA-256; only other
people's packages are replaced, by the `plain_*.py` beside this file. Made from what is installed,
so that it can never be older.
"""

from __future__ import annotations

import ast
import hashlib
from importlib import resources
from importlib.resources.abc import Traversable

FILE_NAME = "itemproof_verify.py"
_START = "traceability.verify.alone.main"
_HERE = "traceability.verify.alone"
# What stands in for other people's packages: always, and where `cryptography` is not installed.
ALWAYS = {
    "orjson": "plain_orjson",
    "rfc8785": "plain_rfc8785",
    "Crypto.Hash.keccak": "plain_keccak",
}
OTHERWISE = "plain_cryptography"
_QUOTES = "'''"


class SourceUnfit(Exception):
    """A source cannot stand in the file; a test finds it before anybody else."""


def build_verifier(version: str) -> bytes:
    """Return the single file; equal sources give equal bytes."""
    sources = _sources()
    listing = "\n".join(
        f"#   {hashlib.sha256(text.encode()).hexdigest()}  {_path(name)}"
        for name, text in sorted(sources.items())
    )
    texts = "\n".join(
        f"SOURCES[{name!r}] = r{_QUOTES}{text}{_QUOTES}\n" for name, text in sorted(sources.items())
    )
    frame = resources.files(_HERE).joinpath("frame.txt").read_text(encoding="utf-8")
    filled = frame.replace("@VERSION@", version).replace("@LISTING@", listing)
    return filled.replace("@SOURCES@", texts).encode()


def _sources() -> dict[str, str]:
    """Return the text of every module that the verifier imports, however late, by name."""
    found: dict[str, str] = {}
    todo = [_START, *(f"{_HERE}.{name}" for name in (*ALWAYS.values(), OTHERWISE))]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found[name] = _text(name)
        todo += [one for one in _imported(found[name]) if _file(one) is not None]
        if "." in name:
            todo.append(name.rpartition(".")[0])
    return found


def _imported(text: str) -> list[str]:
    """Return the modules of ours that a source names in its imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in names if name.split(".")[0] == "traceability"]


def _file(name: str) -> Traversable | None:
    """Return the file of a module or package of ours; none if there is no such module."""
    package, *rest = name.split(".")
    folder: Traversable = resources.files(package)
    for part in rest[:-1]:
        folder = folder.joinpath(part)
    at = folder.joinpath(rest[-1]) if rest else folder
    init = at.joinpath("__init__.py")
    if init.is_file():
        return init
    module = folder.joinpath(f"{rest[-1]}.py") if rest else init
    return module if module.is_file() else None


def _text(name: str) -> str:
    file = _file(name)
    if file is None:
        raise SourceUnfit(f"module {name} has no source")
    text = file.read_text(encoding="utf-8")
    if _QUOTES in text or text.endswith(("'", "\\")):
        raise SourceUnfit(f"module {name} cannot stand between quotes")
    return text


def _path(name: str) -> str:
    file = _file(name)
    is_package = file is not None and file.name == "__init__.py"
    return name.replace(".", "/") + ("/__init__.py" if is_package else ".py")
