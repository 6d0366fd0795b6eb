"""Quality records out of committed payloads, strictly: every fault with its JSON pointer.

Source: EPCIS 2.0, section 7.4.1 (extension members); the vocabulary
`urn:itemproof:vocab:1:` of this project, prefix `itemproof`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from analytics.errors import AnalyticsError
from analytics.integer_statistics import MAX_DEVIATION
from analytics.loss_rates import KINDS, SIDES, AnnualLoss, AnnualOutput, Side
from analytics.supplier_data import Characteristic
from traceability.errors import InvalidInput
from traceability.events.cbv import UnknownWord, biz_step_name
from traceability.quality.faults import TRANSLATIONS, QualityCountsContradict, QualityValueInvalid
from traceability.quality.reading import Members, is_integer
from traceability.quality.records import (
    INSPECTION_KINDS,
    LOSS_MEDIA_TYPE,
    OUTPUT_MEDIA_TYPE,
    Content,
    Inspection,
    InspectionKind,
    LossRecord,
    OutputRecord,
    Unreadable,
)

INSPECTION_MEMBER = "itemproof:inspection"
DEFAULT_CURRENCY = "CNY"

_MOST_CENTS = 10**17  # Hundred times the output of the largest firm, and a 64-bit sum.
_YEARS = (1990, 2200)
_CURRENCY_LETTERS = 3  # ISO 4217


def extract_inspection(event: Mapping[str, object]) -> Inspection | None:
    """Return the inspection that an event reports; None if it reports none.

    An event that declares an earlier one an error reports nothing itself.

    Parameters
    ----------
    event
        The payload as committed.

    Raises
    ------
    InvalidInput
        The first fault that `inspection_faults` lists.
    """
    inspection, faults = _read_inspection(event)
    if faults:
        raise faults[0]
    return inspection


def inspection_faults(event: Mapping[str, object]) -> tuple[InvalidInput, ...]:
    """Return every fault of an event's inspection, pointers relative to the event."""
    return tuple(_read_inspection(event)[1])


def extract_document(media_type: str, document: object) -> LossRecord | OutputRecord | None:
    """Return the loss or output that a document declares; None for other media types.

    Raises
    ------
    InvalidInput
        The first fault that `document_faults` lists.
    """
    record, faults = _read_document(media_type, document)
    if faults:
        raise faults[0]
    return record


def document_faults(media_type: str, document: object) -> tuple[InvalidInput, ...]:
    """Return every fault of a loss or output document."""
    return tuple(_read_document(media_type, document)[1])


def content_of_event(event: Mapping[str, object]) -> Content | None:
    """Return what a committed event contributes; a faulty inspection is `Unreadable`.

    Nothing that is in the log may stop the scoring of everybody.
    """
    inspection, faults = _read_inspection(event)
    return _unreadable(event[INSPECTION_MEMBER]) if faults else inspection


def content_of_document(media_type: str, document: object) -> Content | None:
    """Return what a committed document contributes; a faulty one is `Unreadable`."""
    record, faults = _read_document(media_type, document)
    return _unreadable(document) if faults else record


def _unreadable(value: object) -> Unreadable | None:
    """Name the supplier of a faulty record, None where that is unreadable too."""
    faults: list[InvalidInput] = []
    supplier = Members(value, pointer="", faults=faults).gln("supplier")
    return None if faults else Unreadable(supplier)


def _read_inspection(event: Mapping[str, object]) -> tuple[Inspection | None, list[InvalidInput]]:
    faults: list[InvalidInput] = []
    if INSPECTION_MEMBER not in event or "errorDeclaration" in event:
        return None, faults
    if not _is_inspecting(event.get("bizStep")):
        fault = "event with an inspection has another bizStep: expected inspecting"
        faults.append(QualityValueInvalid(fault, pointer="/bizStep", expected="inspecting"))
    members = Members(event[INSPECTION_MEMBER], pointer=f"/{INSPECTION_MEMBER}", faults=faults)
    measured = members.take_optional("characteristic")
    characteristic: Characteristic | None = None
    deviations: tuple[int, ...] = ()
    if measured is not None:
        characteristic, deviations = _read_characteristic(measured, members)
    inspection = Inspection(
        kind=cast(InspectionKind, members.choice("kind", INSPECTION_KINDS)),
        stage=members.text("stage"),
        submission=members.count("submission", least=1),
        supplier=members.gln("supplier"),
        lot=members.text("lot"),
        inspected=members.count("inspected", least=1),
        passed=members.count("passed"),
        nonconformities=members.count("nonconformities"),
        opportunities=members.count("opportunities", least=1, most=1_000_000),
        characteristic=characteristic,
        deviations=deviations,
    )
    members.close()
    if not faults:
        faults.extend(_contradictions(inspection))
    return (None if faults else inspection), faults


def _is_inspecting(step: object) -> bool:
    try:
        return isinstance(step, str) and biz_step_name(step) == "inspecting"
    except UnknownWord:
        return False


def _read_characteristic(
    value: object, outer: Members
) -> tuple[Characteristic | None, tuple[int, ...]]:
    pointer = outer.pointer("characteristic")
    members = Members(value, pointer=pointer, faults=outer.faults)
    before = len(outer.faults)
    deviations = _read_deviations(members)
    name, unit = members.text("name"), members.text("unit")
    nominal, quantum = members.measurement("nominal"), members.measurement("quantum")
    lower = members.measurement("lower", required=False)
    upper = members.measurement("upper", required=False)
    is_key = members.flag("key")
    members.close()
    if len(outer.faults) > before or nominal is None or quantum is None:
        return None, ()
    found = Characteristic(name, unit, nominal, quantum, lower, upper, is_key)
    try:
        _ = found.limits
    except AnalyticsError as fault:
        outer.faults.append(TRANSLATIONS[type(fault)](str(fault), pointer=pointer))
    return found, deviations


def _read_deviations(members: Members) -> tuple[int, ...]:
    value = members.take("deviations")
    if value is None:
        return ()
    if not isinstance(value, list) or not value:
        members.refuse("deviations", "array of at least one integer", value)
        return ()
    for index, deviation in enumerate(value):
        if not is_integer(deviation) or abs(deviation) > MAX_DEVIATION:
            wanted = f"integer of -{MAX_DEVIATION} to {MAX_DEVIATION} quanta"
            members.refuse(f"deviations/{index}", wanted, deviation)
    return tuple(value)


def _contradictions(inspection: Inspection) -> list[InvalidInput]:
    """Compare the counts with each other and with the readings."""
    found: list[InvalidInput] = []
    failed = inspection.inspected - inspection.passed
    most = inspection.inspected * inspection.opportunities
    if failed < 0:
        _contradict(found, "passed", f"at most {inspection.inspected}", inspection.passed)
    if not max(failed, 0) <= inspection.nonconformities <= most:
        wanted = f"{max(failed, 0)} to {most}"
        _contradict(found, "nonconformities", wanted, inspection.nonconformities)
    if len(inspection.deviations) > inspection.inspected:
        wanted = f"at most {inspection.inspected} readings"
        _contradict(found, "characteristic/deviations", wanted, len(inspection.deviations))
    if inspection.characteristic is not None and not found:
        limits = inspection.characteristic.limits
        outside = sum(not limits.conforms(deviation) for deviation in inspection.deviations)
        if outside > failed:
            wanted = f"at most {inspection.inspected - outside}, {outside} readings being outside"
            _contradict(found, "passed", wanted, inspection.passed)
    return found


def _contradict(found: list[InvalidInput], name: str, expected: str, got: int) -> None:
    fault = f"{name} contradicts the other counts: expected {expected}, got {got}"
    pointer = f"/{INSPECTION_MEMBER}/{name}"
    found.append(QualityCountsContradict(fault, pointer=pointer, expected=expected, got=str(got)))


def _read_document(
    media_type: str, document: object
) -> tuple[LossRecord | OutputRecord | None, list[InvalidInput]]:
    faults: list[InvalidInput] = []
    record: LossRecord | OutputRecord | None = None
    if media_type == LOSS_MEDIA_TYPE:
        record = _read_loss(Members(document, pointer="", faults=faults))
    elif media_type == OUTPUT_MEDIA_TYPE:
        record = _read_output(Members(document, pointer="", faults=faults))
    return (None if faults else record), faults


def _read_loss(members: Members) -> LossRecord:
    side = cast(Side, members.choice("side", SIDES))
    supplier = members.gln("supplier")
    loss = AnnualLoss(
        year=members.count("year", least=_YEARS[0], most=_YEARS[1]),
        side=side,
        kind=members.choice("loss_kind", KINDS[side]),
        amount_cents=members.count("amount_cents", most=_MOST_CENTS),
        currency=_currency(members, members.take("currency")),
    )
    members.close()
    return LossRecord(supplier, loss)


def _read_output(members: Members) -> OutputRecord:
    supplier = members.gln("supplier")
    output = AnnualOutput(
        year=members.count("year", least=_YEARS[0], most=_YEARS[1]),
        amount_cents=members.count("amount_cents", least=1, most=_MOST_CENTS),
        currency=_currency(members, members.take_optional("currency")),
    )
    members.close()
    return OutputRecord(supplier, output)


def _currency(members: Members, value: object) -> str:
    is_code = isinstance(value, str) and len(value) == _CURRENCY_LETTERS and value.isascii()
    if is_code and cast(str, value).isalpha() and cast(str, value).isupper():
        return cast(str, value)
    if value is not None:
        members.refuse("currency", "ISO 4217 code", value)
    return DEFAULT_CURRENCY
