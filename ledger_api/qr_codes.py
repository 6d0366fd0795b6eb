"""QR symbols of a code, as modules and as pictures.

Source: ISO/IEC 18004; GS1 General Specifications, section 5.9 (error correction M, quiet
zone of four modules); the PNG specification, third edition, sections 5 and 11.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import qrcode  # type: ignore[import-untyped]  # it ships no types
from qrcode.constants import ERROR_CORRECT_M  # type: ignore[import-untyped]  # likewise
from qrcode.exceptions import DataOverflowError  # type: ignore[import-untyped]  # likewise

from traceability.errors import InvalidInput

QUIET_ZONE_MODULES = 4
# Digits and upper-case letters of this length or more get a denser mode of their own: the
# GTIN and the serial shorten the symbol although the rest of the address is lower case.
SEGMENT_LENGTH = 6


class QRTooLong(InvalidInput):
    """The address holds more than the largest symbol can."""

    code = "QR_TOO_LONG"


@dataclass(frozen=True, slots=True)
class QRSymbol:
    """The dark modules of a symbol, without its quiet zone.

    Parameters
    ----------
    size
        Modules along one side.
    rows
        One integer a row, its highest bit the leftmost module, 1 is dark.
    """

    size: int
    rows: tuple[int, ...]

    def runs(self) -> list[tuple[int, int, int]]:
        """Return (x, y, length) of each horizontal run of dark modules, from the top left."""
        found = []
        for y, row in enumerate(self.rows):
            x = 0
            for text in f"{row:0{self.size}b}".replace("10", "1 0").replace("01", "0 1").split():
                if text[0] == "1":
                    found.append((x, y, len(text)))
                x += len(text)
        return found


def make_symbol(text: str) -> QRSymbol:
    """Return the smallest symbol of error correction level M.

    Raises
    ------
    QRTooLong
        More than a symbol of version 40 holds.
    """
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text, optimize=SEGMENT_LENGTH)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as cause:
        raise QRTooLong(
            f"address too long for a QR symbol: expected at most 2331 bytes, got {len(text)}"
        ) from cause
    rows = tuple(int("".join("1" if dark else "0" for dark in row), 2) for row in code.modules)
    return QRSymbol(len(rows), rows)


def to_svg(symbol: QRSymbol, *, title: str = "") -> str:
    """Return the symbol with its quiet zone as an SVG picture, one unit a module."""
    side = symbol.size + 2 * QUIET_ZONE_MODULES
    path = "".join(
        f"M{x + QUIET_ZONE_MODULES} {y + QUIET_ZONE_MODULES}h{length}v1h-{length}z"
        for x, y, length in symbol.runs()
    )
    name = title.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" '
        f'shape-rendering="crispEdges"><title>{name}</title>'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>\n'
    )


def to_png(symbol: QRSymbol, *, module_pixels: int = 8) -> bytes:
    """Return the symbol with its quiet zone as a PNG picture of one bit a pixel."""
    if module_pixels < 1:
        raise ValueError(f"module_pixels must be positive, got {module_pixels}")
    pixels = range(module_pixels)
    side = (symbol.size + 2 * QUIET_ZONE_MODULES) * module_pixels
    blank = b"\x00" + b"\xff" * ((side + 7) // 8)
    lines = [blank] * (QUIET_ZONE_MODULES * module_pixels)
    lines += [_png_line(row, symbol.size, module_pixels) for row in symbol.rows for _ in pixels]
    lines += lines[: len(pixels) * QUIET_ZONE_MODULES]
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)  # one bit a pixel, grey
    data = zlib.compress(b"".join(lines), 9)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*chunk) for chunk in chunks)


def _png_line(row: int, size: int, module_pixels: int) -> bytes:
    """Return one line of pixels, 0 is black, after the byte that names no filter."""
    quiet = "1" * (QUIET_ZONE_MODULES * module_pixels)
    dark, light = "0" * module_pixels, "1" * module_pixels
    bits = quiet + "".join(dark if b == "1" else light for b in f"{row:0{size}b}") + quiet
    bits += "1" * (-len(bits) % 8)
    return b"\x00" + int(bits, 2).to_bytes(len(bits) // 8, "big")


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
