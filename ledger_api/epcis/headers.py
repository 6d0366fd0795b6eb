"""The standard's headers: what is announced, what a request may ask for.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 12.4, and its OpenAPI file.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Header

from ledger_api.epcis.faults import NotAcceptable
from ledger_api.version import VERSION

EPC_FORMAT = "GS1-EPC-Format"
CBV_FORMAT = "GS1-CBV-XML-Format"
ERROR_BEHAVIOUR = "GS1-Capture-Error-Behaviour"
CAPTURE_LIMIT = "GS1-EPCIS-Capture-Limit"
FILE_SIZE_LIMIT = "GS1-EPCIS-Capture-File-Size-Limit"

EpcForm = Literal["No_Preference", "Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates"]
CbvForm = Literal["No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates"]
Behaviour = Literal["rollback", "proceed"]
Release = tuple[int, int]

# The releases that are read and written, best first; CBV 1.2 came with EPCIS 1.2.
RELEASES: tuple[Release, ...] = ((2, 0), (1, 2))

EpcFormHeader = Annotated[EpcForm, Header(alias=EPC_FORMAT)]
CbvFormHeader = Annotated[CbvForm, Header(alias=CBV_FORMAT)]
# Our own: what stands as eventID of an event that came without one.
EVENT_ID = "ItemProof-Event-ID"
# Our own: the one-code rules that a recorded event breaks, where its sender is only told.
BREACHES = "ItemProof-Breaches"
EventIdForm = Literal["record", "hash"]
EventIdHeader = Annotated[EventIdForm, Header(alias=EVENT_ID)]
BehaviourHeader = Annotated[Behaviour, Header(alias=ERROR_BEHAVIOUR)]
_VERSION = r"^[0-9]{1,4}(\.[0-9]{1,4}){0,3}$"
EpcisVersion = Annotated[str | None, Header(alias="GS1-EPCIS-Version", pattern=_VERSION)]
EpcisMin = Annotated[str | None, Header(alias="GS1-EPCIS-Min", pattern=_VERSION)]
EpcisMax = Annotated[str | None, Header(alias="GS1-EPCIS-Max", pattern=_VERSION)]
CbvVersion = Annotated[str | None, Header(alias="GS1-CBV-Version", pattern=_VERSION)]
CbvMin = Annotated[str | None, Header(alias="GS1-CBV-Min", pattern=_VERSION)]
CbvMax = Annotated[str | None, Header(alias="GS1-CBV-Max", pattern=_VERSION)]


def announced() -> dict[str, str]:
    """Return the headers that every answer carries, unless it says otherwise."""
    return {
        "GS1-EPCIS-Version": "2.0.0",
        "GS1-EPCIS-Min": "1.2.0",
        "GS1-EPCIS-Max": "2.0.0",
        "GS1-CBV-Version": "2.0.0",
        "GS1-CBV-Min": "1.2.0",
        "GS1-CBV-Max": "2.0.0",
        "GS1-Extensions": "itemproof=urn:itemproof:vocab:1:",
        "GS1-Vendor-Version": VERSION,
    }


def release(text: str) -> Release:
    """Return the release that a version belongs to: 2.0.0 to (2, 0)."""
    parts = [int(part) for part in text.split(".")]
    return parts[0], (parts[1] if len(parts) > 1 else 0)


def name_of(found: Release) -> str:
    """Return a release as documents name it: 2.0."""
    return f"{found[0]}.{found[1]}"


def check_version(*versions: str | None) -> Release | None:
    """Return the release that a sender says it has written, if it says so.

    Raises
    ------
    NotAcceptable
        It is none that this node reads, or EPCIS and CBV are of different releases.
    """
    said = {release(version) for version in versions if version is not None}
    if not said:
        return None
    if len(said) > 1 or not said <= set(RELEASES):
        raise NotAcceptable(
            "version is not supported: expected EPCIS and CBV 2.0 or 1.2, "
            f"got {', '.join(sorted(version for version in versions if version))}"
        )
    return said.pop()


def said_version(
    epcis_version: EpcisVersion = None, cbv_version: CbvVersion = None
) -> Release | None:
    """Return the release of a document as its request's headers name it."""
    return check_version(epcis_version, cbv_version)


SaidVersion = Annotated[Release | None, Depends(said_version)]


def within(
    *, lowest: tuple[str | None, ...], highest: tuple[str | None, ...]
) -> tuple[Release, ...]:
    """Return the releases that a reader takes, best first.

    Raises
    ------
    NotAcceptable
        There is none.
    """
    floor = max((release(text) for text in lowest if text), default=(0, 0))
    ceiling = min((release(text) for text in highest if text), default=RELEASES[0])
    found = tuple(one for one in RELEASES if floor <= one <= ceiling)
    if not found:
        raise NotAcceptable(
            "no version in the range asked for: expected one that holds 1.2 or 2.0, "
            f"got {name_of(floor)} to {name_of(ceiling)}"
        )
    return found
