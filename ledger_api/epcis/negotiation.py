"""Which form an answer takes: media type, version, and how codes are written.

Source: RFC 9110, section 12.5.1 (Accept); EPCIS 2.0, section 12.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header

from ledger_api.epcis.faults import NotAcceptable
from ledger_api.epcis.headers import (
    CBV_FORMAT,
    EPC_FORMAT,
    EVENT_ID,
    CbvForm,
    CbvFormHeader,
    CbvMax,
    CbvMin,
    EpcForm,
    EpcFormHeader,
    EpcisMax,
    EpcisMin,
    EpcisVersion,
    EventIdForm,
    EventIdHeader,
    Release,
    check_version,
    name_of,
    within,
)

# The official file knows the first alone; it is what is given where nothing is preferred.
JSON_TYPES = ("application/json", "application/ld+json")
XML_TYPES = ("application/xml", "text/xml")
VARIES = ("Accept", "Accept-Encoding", "Authorization", EPC_FORMAT, CBV_FORMAT, EVENT_ID)
MAX_RANGES = 32  # No honest client lists more; each costs a comparison.


@dataclass(frozen=True, slots=True)
class ReadForm:
    """The form that a reader of events gets."""

    media_type: str
    release: Release
    epc_form: EpcForm
    cbv_form: CbvForm
    id_form: EventIdForm = "record"

    @property
    def is_xml(self) -> bool:
        """Tell XML from JSON."""
        return self.media_type in XML_TYPES

    def headers(self) -> dict[str, str]:
        """Return the headers that say which form was chosen."""
        version = f"{name_of(self.release)}.0"
        found = {
            "GS1-EPCIS-Version": version,
            "GS1-CBV-Version": version,
            EPC_FORMAT: self.epc_form,
            EVENT_ID: self.id_form,
            "Vary": ", ".join(VARIES),
        }
        return found | ({CBV_FORMAT: self.cbv_form} if self.is_xml else {})


def preferred(accept: str | None, offered: Sequence[str]) -> list[str]:
    """Return the offered media types that a request takes, as it prefers them.

    Raises
    ------
    NotAcceptable
        It takes none of them.
    """
    ranges = [_range(part) for part in (accept or "*/*").split(",")[:MAX_RANGES]]
    weights = {kind: _weight(kind, ranges) for kind in offered}
    found = sorted((kind for kind in offered if weights[kind]), key=lambda kind: -weights[kind])
    if not found:
        raise NotAcceptable(
            f"no acceptable media type: expected one of {', '.join(offered)}, "
            f"got {(accept or '')[:80]!r}"
        )
    return found


def _range(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                weight = 0.0
    return kind, weight if 0 <= weight <= 1 else 0.0


def _weight(kind: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return how much a media type is wanted; the most specific range decides."""
    group = kind.split("/", maxsplit=1)[0]
    for pattern in (kind, f"{group}/*", "*/*"):
        found = [weight for one, weight in ranges if one == pattern]
        if found:
            return max(found)
    return 0.0


def read_form(
    *,
    accept: Annotated[str | None, Header()] = None,
    epc_form: EpcFormHeader = "Always_GS1_Digital_Link",
    cbv_form: CbvFormHeader = "No_Preference",
    id_form: EventIdHeader = "record",
    epcis_version: EpcisVersion = None,
    epcis_min: EpcisMin = None,
    epcis_max: EpcisMax = None,
    cbv_min: CbvMin = None,
    cbv_max: CbvMax = None,
) -> ReadForm:
    """Return the form that a request for events asks for.

    Raises
    ------
    NotAcceptable
        Nothing has it: JSON is of version 2.0 only.
    """
    check_version(epcis_version)
    releases = within(
        lowest=(epcis_version, epcis_min, cbv_min), highest=(epcis_version, epcis_max, cbv_max)
    )
    for kind in preferred(accept, (*JSON_TYPES, *XML_TYPES)):
        if kind in XML_TYPES:
            return ReadForm(kind, releases[0], epc_form, cbv_form, id_form)
        if (2, 0) in releases:
            return ReadForm(kind, (2, 0), epc_form, cbv_form, id_form)
    raise NotAcceptable("no acceptable form: JSON-LD has no version before 2.0: ask for XML")


ReadFormOf = Annotated[ReadForm, Depends(read_form)]
