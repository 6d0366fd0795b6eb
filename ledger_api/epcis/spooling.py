"""A request's document as it comes in: short ones in memory, long ones in an unnamed file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from starlette.requests import Request

from ledger_api.admission import Place
from ledger_api.epcis.bodies import Unpacker, form_of, packings_of
from ledger_api.services import Services
from traceability.events.xml.faults import XmlSyntaxError
from traceability.ledger.drafting import DocumentForm
from traceability.ledger.spill import SpillUnavailable
from traceability.ledger.streaming import WHOLE_BYTES
from traceability.strict_json import JSONSyntaxError, JSONTooLargeError, check_beginning

WRITTEN_AT_ONCE = 2**20
_BEGINNING = 1024
_BEGINNINGS: dict[DocumentForm, tuple[bytes, ...]] = {
    "json": (b"{", b"["),
    "xml": (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0<"),
}


class Spool:
    """A document's bytes; they are added, then read from any place.

    Parameters
    ----------
    limit
        In bytes, and of the document unpacked.
    folder
        Where the file of a long document lies.
    """

    def __init__(self, form: DocumentForm, *, limit: int, folder: Path) -> None:
        self.form = form
        self.size = 0
        self._limit = limit
        self._folder = folder
        self._parts: list[bytes] = []
        self._file: IO[bytes] | None = None

    @property
    def is_long(self) -> bool:
        """Whether the document is in a file."""
        return self._file is not None

    def add(self, data: bytes) -> None:
        """Take some more bytes.

        Raises
        ------
        JSONTooLargeError, JSONSyntaxError, JSONEncodingError, XmlSyntaxError, SpillUnavailable
        """
        self.size += len(data)
        if self.size > self._limit:
            raise JSONTooLargeError(
                f"body is too long: expected at most {self._limit} bytes, got more"
            )
        if self._file is None:
            self._parts.append(data)
            if self.size > WHOLE_BYTES:
                self._to_file()
        else:
            self._write(data)

    def _to_file(self) -> None:
        data = self.whole()
        if self.form == "json":
            check_beginning(data[:_BEGINNING])
        # A gibibyte of zeros, or of white space, need not be written down to be refused.
        if not data[:_BEGINNING].lstrip(b" \t\r\n").startswith(_BEGINNINGS[self.form]):
            if self.form == "xml":
                raise XmlSyntaxError("document does not begin as XML", line=1, expected="'<'")
            raise JSONSyntaxError("document does not begin as JSON: expected '{' or '['")
        try:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  # `close` does it
        except OSError as error:
            raise _unavailable(error) from error
        self._parts = []
        self._write(data)

    def _write(self, data: bytes) -> None:
        if self._file is None:
            raise AssertionError("a long document has a file")
        try:
            self._file.write(data)
        except OSError as error:
            raise _unavailable(error) from error

    def whole(self) -> bytes:
        """Return a document that is not long."""
        return b"".join(self._parts)

    def read(self, size: int, /) -> bytes:
        """Return the next bytes of a long document; none at the end."""
        return b"" if self._file is None else self._file.read(size)

    def seek(self, offset: int, /) -> None:
        """Go on reading a long document so many bytes from its beginning."""
        if self._file is not None:
            self._file.seek(offset)

    def chunks(self) -> Iterator[bytes]:
        """Yield the document in parts of one length, but for the last."""
        if self._file is None:
            data = self.whole()
            for start in range(0, len(data), WRITTEN_AT_ONCE):
                yield data[start : start + WRITTEN_AT_ONCE]
            return
        self._file.seek(0)
        while chunk := self._file.read(WRITTEN_AT_ONCE):
            yield chunk

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Spool:
        """Use the document in a `with` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self.close()


def _unavailable(error: OSError) -> SpillUnavailable:
    return SpillUnavailable(f"data folder cannot hold a document: {error.strerror}")


async def spool_body(request: Request, services: Services, place: Place) -> Spool:
    """Read and unpack a request's document, within the limits that are announced.

    Raises
    ------
    MediaTypeUnknown, ContentEncodingUnknown, JSONTooLargeError, PackedBodyInvalid,
    JSONSyntaxError, JSONEncodingError, XmlSyntaxError, SpillUnavailable
    """
    form = form_of(request.headers.get("content-type", ""))
    packings = packings_of(request.headers.get("content-encoding", ""))
    limit = services.settings.max_capture_bytes
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise JSONTooLargeError(
            f"body is too long: expected at most {limit} bytes, got {announced}"
        )
    spool = Spool(form, limit=limit, folder=services.node.store.data_dir)
    try:
        await _fill(spool, request, Unpacker() if packings else None, place)
    except BaseException:
        spool.close()
        raise
    return spool


async def _fill(spool: Spool, request: Request, unpacker: Unpacker | None, place: Place) -> None:
    waiting: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        waiting.append(chunk)
        size += len(chunk)
        if size >= WRITTEN_AT_ONCE:
            await place.run(_add, spool, b"".join(waiting), unpacker)
            place.hold(spool.size)
            waiting, size = [], 0
    rest = b"".join(waiting)
    if unpacker is None and not spool.is_long:
        spool.add(rest)
        return
    await place.run(_add, spool, rest, unpacker, is_last=True)


def _add(spool: Spool, data: bytes, unpacker: Unpacker | None, *, is_last: bool = False) -> None:
    if unpacker is None:
        spool.add(data)
        return
    for part in unpacker.feed(data):
        spool.add(part)
    if is_last:
        unpacker.close()
