"""What became of a record, in lines for a terminal."""

from __future__ import annotations

from typing import Any

from ledger_api.cli.output import Output
from ledger_api.i18n.terms import term


def said_line(said: dict[str, Any], output: Output) -> str:
    """Return one line: what was said, why, when and by whom."""
    kind = term("status", said["kind"], language=output.lang)
    reason = term("reason", said["reason"], language=output.lang)
    who = said.get("name") or output.say("by_operator")
    return output.say("said", kind=kind, reason=reason, since=said["since"], who=who)


def standing_lines(found: dict[str, Any], output: Output) -> list[str]:
    """Return the status now, then what was said, newest first."""
    status = term("status", found["status"], language=output.lang)
    now = output.say("standing", code=found["code"], status=status, entries=found["as_of_size"])
    return [now, *(f"  {said_line(one, output)}" for one in reversed(found["history"]))]
