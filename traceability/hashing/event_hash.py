"""The CBV event hash: one digest for an EPCIS event, whatever names its terms and codes wear.

Source: GS1 Core Business Vocabulary 2.0, event ID by hash; order of members and vocabulary base
as in version 1.9 of the reference, `epcis-event-hash-generator`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from traceability.hashing.event_values import EventHashError, format_event_time, value_fault
from traceability.hashing.event_writer import EventWriter

__all__ = ["REVISION", "EventHash", "EventHashError", "event_hash", "format_event_time", "pre_hash"]

# `ver=CBV2.0` does not name one algorithm, so this is stored beside every hash. It changes
# whenever any event's pre-hash string changes.
REVISION = "itemproof-1+reference-1.9"

_MAX_CONTEXT = 8_192  # bytes; the writers of longer contexts are not kept.


@dataclass(frozen=True, slots=True)
class EventHash:
    """A hash as an `ni:` URI, what was hashed, and by which revision of this file."""

    uri: str
    revision: str
    prehash: str


def event_hash(
    event: Mapping[str, Any], context: Iterable[Any] | None = None, *, ignore: Collection[str] = ()
) -> EventHash:
    """Return the CBV hash of one event.

    Parameters
    ----------
    event
        One event of a JSON-LD document, as submitted.
    context
        The document's and the event's contexts, merged; by default the event's `@context`.
    ignore
        Names of members to leave out at any depth, as written or as `{namespace}name`.

    Raises
    ------
    EventHashError
        A time that is no time, a number that is not finite, an object where text belongs.
    """
    prehash = pre_hash(event, context, ignore=ignore)
    try:
        digest = hashlib.sha256(prehash.encode("utf-8")).hexdigest()
    except UnicodeEncodeError as error:
        got = prehash[error.start]
        raise value_fault("text", expected="Unicode characters", value=got) from error
    return EventHash(f"ni:///sha-256;{digest}?ver=CBV2.0", REVISION, prehash)


def pre_hash(
    event: Mapping[str, Any], context: Iterable[Any] | None = None, *, ignore: Collection[str] = ()
) -> str:
    """Return the text whose SHA-256 digest is the event hash."""
    kind = event.get("type")
    if not isinstance(kind, str):
        raise value_fault("type", expected="text", value=kind)
    if context is None:
        context = event.get("@context", ())
    if isinstance(context, str | dict):
        context = (context,)
    return f"eventType={kind}" + _writer(context, ignore).event(event)


def _writer(context: Iterable[Any], ignore: Collection[str]) -> EventWriter:
    """Return the writer for a context, a kept one if there is one."""
    try:
        written = orjson.dumps(context)
    except TypeError:  # Half a character, a huge integer, no list: such contexts are rare.
        return EventWriter(context, ignore)
    if len(written) > _MAX_CONTEXT:
        return EventWriter(context, ignore)
    return _kept_writer(written, frozenset(ignore))


@lru_cache(maxsize=64)
def _kept_writer(context: bytes, ignore: frozenset[str]) -> EventWriter:
    """Return the writer for a context that is given as JSON."""
    return EventWriter(orjson.loads(context), ignore)
