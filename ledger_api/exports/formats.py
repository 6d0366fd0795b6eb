"""The formats by name: what each is called, served as, and written by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Final

from ledger_api.exports.answered import Answered
from ledger_api.exports.epcis import write_epcis, write_epcis_xml
from ledger_api.exports.graphs import write_cytoscape, write_graphml, write_mermaid
from ledger_api.exports.tables import write_csv
from traceability.errors import InvalidInput

JSON: Final = "json"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ExportFormatUnknown(InvalidInput):
    """An answer is not exported in this format."""

    code = "EXPORT_FORMAT_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Format:
    """How an answer is given out; `needs_events` where it has the events themselves."""

    name: str
    media_type: str
    suffix: str
    write: Callable[[Answered, IO[bytes]], None]
    needs_events: bool = False

    @property
    def is_text(self) -> bool:
        """Tell whether its media type says nothing of how letters are written."""
        return self.media_type.startswith("text/")

    @property
    def is_readable(self) -> bool:
        """Tell whether a person can read it as it is."""
        return self.media_type != XLSX_TYPE


def _write_xlsx(answered: Answered, target: IO[bytes]) -> None:
    from ledger_api.exports.sheets import write_xlsx  # noqa: PLC0415 # comes with who asks for it

    write_xlsx(answered, target)


def _write_fsma204(answered: Answered, target: IO[bytes]) -> None:
    from ledger_api.exports.fsma204 import write_fsma204  # noqa: PLC0415 # comes with who asks

    write_fsma204(answered, target)


# Where two have a media type, the first is what a request gets that names the type alone.
FORMATS: Final = {
    one.name: one
    for one in (
        Format("csv", "text/csv", "csv", write_csv),
        Format("xlsx", XLSX_TYPE, "xlsx", _write_xlsx),
        Format("mermaid", "text/vnd.mermaid", "mmd", write_mermaid),
        Format("graphml", "application/graphml+xml", "graphml", write_graphml),
        Format("cytoscape", "application/vnd.cytoscape+json", "cyjs", write_cytoscape),
        Format("epcis", "application/ld+json", "jsonld", write_epcis, needs_events=True),
        Format("epcis-xml", "application/xml", "xml", write_epcis_xml, needs_events=True),
        Format("fsma204", XLSX_TYPE, "xlsx", _write_fsma204, needs_events=True),
    )
}


def format_named(name: str) -> Format:
    """Return a format.

    Raises
    ------
    ExportFormatUnknown
    """
    found = FORMATS.get(name)
    if found is None:
        expected = ", ".join(FORMATS)
        raise ExportFormatUnknown(
            f"export format is unknown: expected one of {expected}, got {name[:40]!r}",
            expected=expected,
            got=name[:40],
        )
    return found
