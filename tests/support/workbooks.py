"""Reads XLSX files with nothing but the standard library: what is in them, and as which type."""

from __future__ import annotations

import io
import re
import zipfile
from typing import NamedTuple
from xml.etree import ElementTree as ET

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_COLUMN = re.compile("[A-Z]+")


class Cell(NamedTuple):
    """A cell: its type in the file (s, str, inlineStr, b, n), its text, and whether it computes."""

    type: str
    text: str
    is_formula: bool


def read_workbook(data: bytes) -> dict[str, list[list[str]]]:
    """Return the texts of each sheet's rows, by the sheet's name."""
    return {
        name: [[one.text for one in row] for row in rows] for name, rows in read_cells(data).items()
    }


def read_cells(data: bytes) -> dict[str, list[list[Cell]]]:
    """Return the cells of each sheet's rows, by the sheet's name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        relations = {
            one.attrib["Id"]: one.attrib["Target"]
            for one in ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        }
        sheets = ET.fromstring(archive.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")
        shared = _shared(archive)
        return {
            one.attrib["name"]: _rows(
                archive.read(f"xl/{relations[one.attrib[_RELATION]]}"), shared
            )
            for one in sheets
        }


def _shared(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    root = ET.fromstring(archive.read("xl/sharedStrings.xml"))
    return ["".join(text.text or "" for text in one.iter(f"{_MAIN}t")) for one in root]


def _rows(data: bytes, shared: list[str]) -> list[list[Cell]]:
    rows = []
    for row in ET.fromstring(data).iter(f"{_MAIN}row"):
        cells: list[Cell] = []
        for one in row.iter(f"{_MAIN}c"):
            column = _number(one.attrib["r"])
            cells += [Cell("n", "", False)] * (column - len(cells))
            cells.append(_cell(one, shared))
        rows.append(cells)
    return rows


def _cell(one: ET.Element, shared: list[str]) -> Cell:
    kind = one.attrib.get("t", "n")
    names = (f"{_MAIN}t",) if kind == "inlineStr" else (f"{_MAIN}v",)
    text = "".join(found.text or "" for name in names for found in one.iter(name))
    text = shared[int(text)] if kind == "s" else text
    return Cell(kind, text, one.find(f"{_MAIN}f") is not None)


def _number(reference: str) -> int:
    found = _COLUMN.match(reference)
    assert found is not None
    number = 0
    for letter in found[0]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
