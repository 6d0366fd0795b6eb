"""What may stand as the place of an event: GLNs, assets, coordinates and URIs of one's own.

Source: CBV 2.0, section 8.3 (location identifiers); RFC 5870 (`geo:` URIs).
"""

from __future__ import annotations

import re

_JUDGED = ("geo:", "https://id.gs1.org/")
# GS1 keys that name neither a location nor an asset; a vehicle may be the place of an event.
_NO_PLACE = re.compile(r"https://id\.gs1\.org/(?:00|01|253|255|401|402|417|80(?:06|10|17|18))/")
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_COORDINATES = re.compile(
    rf"geo:({_NUMBER}),({_NUMBER})(?:,{_NUMBER})?(?:;[A-Za-z0-9-]+(?:=[^;,]+)?)*", re.ASCII
)
_POLE, _DATE_LINE = 90, 180  # degrees


def wanted_instead(uri: str) -> str | None:
    """Return what a canonical URI should be to name a place; nothing if it may name one."""
    if not uri.startswith(_JUDGED):
        return None
    if uri.startswith("geo:"):
        return None if _are_coordinates(uri) else "geo:latitude,longitude in degrees"
    return "a GLN, an asset, geo: or a URI of your own" if _NO_PLACE.match(uri) else None


def _are_coordinates(uri: str) -> bool:
    """Tell whether a `geo:` URI is well formed; another reference system has other bounds."""
    match = _COORDINATES.fullmatch(uri)
    if match is None:
        return False
    has_other_bounds = ";crs=" in uri.lower() and ";crs=wgs84" not in uri.lower()
    latitude, longitude = abs(float(match[1])), abs(float(match[2]))
    return has_other_bounds or (latitude <= _POLE and longitude <= _DATE_LINE)
