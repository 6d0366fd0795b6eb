"""What a key may sign: roles by kind of record, company prefixes for what it issues.

Source: `docs/formats.md`, sections 4 and 8, step (4).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from traceability.codes.prefixes import gtin_in_prefixes
from traceability.codes.uris import canonical_uri
from traceability.errors import InvalidInput
from traceability.events.cbv import biz_step_name
from traceability.hashing.commitment import Field, RecordKind
from traceability.hashing.statement import ROLES
from traceability.strict_json import JSONValue
from traceability.verify.faults import PrefixOutOfScope, RoleOutOfScope
from traceability.verify.identity import disclosed_codes

# GTIN and ITIP are the keys that carry a GTIN.
GTIN_URI = re.compile(r"https://id\.gs1\.org/(?:01|8006)/([0-9]{14})")
ROLES_BY_KIND = {
    RecordKind.EVENT: frozenset(
        ("supplier", "producer", "carrier", "distributor", "retailer", "operator")
    ),
    RecordKind.ITEM: frozenset(("supplier", "producer")),
    RecordKind.PARTICIPANT: frozenset(("operator",)),
    RecordKind.DOCUMENT: frozenset(ROLES),
}


def check_role(kind: RecordKind, roles: Sequence[str]) -> None:
    """Refuse a kind of record that none of the roles may sign."""
    if ROLES_BY_KIND[kind].isdisjoint(roles):
        raise RoleOutOfScope(
            f"key may not sign {kind.name.lower()} records: expected one of "
            f"{sorted(ROLES_BY_KIND[kind])}, got {sorted(roles)}"
        )


def check_prefixes(kind: RecordKind, fields: Sequence[Field], prefixes: Sequence[str]) -> None:
    """Refuse items issued under a prefix that is not the key's.

    Only what issues is bound: item records, and commissioning with ADD. A carrier handles
    everybody's goods.
    """
    if kind is not RecordKind.ITEM and not _commissions(kind, fields):
        return
    for code in disclosed_codes(kind, fields):
        text = code if isinstance(code, str) else code.canonical
        gtin = _gtin(text)
        if gtin is None and kind is RecordKind.ITEM:
            raise PrefixOutOfScope(f"item has no GTIN: {text[:80]!r}")
        if gtin is not None and not gtin_in_prefixes(gtin, prefixes):
            raise PrefixOutOfScope(
                f"key may not issue GTIN {gtin}: expected a prefix of {sorted(prefixes)}"
            )


def _commissions(kind: RecordKind, fields: Sequence[Field]) -> bool:
    header = fields[0].value
    if kind is not RecordKind.EVENT or not isinstance(header, dict):
        return False
    return header.get("action") == "ADD" and _is_commissioning(header.get("bizStep"))


def _is_commissioning(step: JSONValue) -> bool:
    try:
        return isinstance(step, str) and biz_step_name(step) == "commissioning"
    except InvalidInput:
        return False


def _gtin(code: str) -> str | None:
    """Return the GTIN that a code carries; a faulty code is refused, another scheme has none."""
    try:
        found = GTIN_URI.match(canonical_uri(code))
    except InvalidInput as error:
        raise PrefixOutOfScope(f"code is faulty, so its prefix is unknown: {error}") from error
    return found[1] if found else None
