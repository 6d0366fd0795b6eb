"""What the single-file verifier does: one bundle, or a whole evidence bundle with `--all`.

Exit status: 0 yes, 1 refuted, 2 usage or missing trust, 3 unavailable (a block that nothing
names). It opens no connection: blocks come from the trust file, or from an explorer's JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature

from traceability.errors import ItemProofError, MissingTrust
from traceability.verify.alone.archive import MAX_FAULTS, Found, check_archive
from traceability.verify.alone.blocks import read_block
from traceability.verify.alone.chinese import fault_in_chinese, titled
from traceability.verify.alone.words import (
    LANGUAGES,
    Language,
    fault,
    reason,
    say,
    step_name,
    word,
)
from traceability.verify.evidence import storage_slot
from traceability.verify.reading import MAX_BUNDLE_BYTES
from traceability.verify.report import Report
from traceability.verify.trust import Trust, load_trust
from traceability.verify.verifier import verify_bundle

_MARKS = {"passed": "✓", "failed": "✗", "not_checked": "–"}
_OWN = "plain_cryptography"
REFUTED, NO_TRUST = 1, 2
FILE_UNUSABLE = "FILE_UNUSABLE"


def main(arguments: Sequence[str]) -> int:
    """Check what the command line names and return the exit status."""
    language = _asked_language(arguments) or _language()
    asked = _parser(language).parse_args(arguments)
    try:
        trust = _trust(asked)
        if asked.slots:
            slots = (storage_slot(trust.log, number) for number in (0, 1))
            _print_json({f"slot{n}": "0x" + slot.hex() for n, slot in enumerate(slots)})
            return 0
        if asked.all:
            return _all(asked, trust, language)
        return _one(asked, trust, language)
    except ItemProofError as error:
        _say_fault(error.code, str(error), asked, language, pointer=error.pointer)
        return NO_TRUST if isinstance(error, MissingTrust) else REFUTED
    except OSError as error:
        _say_fault(FILE_UNUSABLE, _unusable(error), asked, language)
        return NO_TRUST


def _unusable(error: OSError) -> str:
    why = error.strerror or type(error).__name__
    return f"file cannot be read: {str(error.filename or '')!r} ({why})"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the command line in the reader's language; its help is English."""

    language: Language = "en"

    def error(self, message: str) -> NoReturn:
        """Print the fault, in English with the usage, and end with 2."""
        if self.language == "en":
            super().error(message)
        self.exit(NO_TRUST, f"用法有误：{fault_in_chinese(message)}（--help 列出全部参数）\n")


def _asked_language(arguments: Sequence[str]) -> Language | None:
    """Return the language that the command line names, before it is read as a whole."""
    found = [*arguments, ""]
    named = [after for one, after in pairwise(found) if one == "--lang"]
    named += [one.removeprefix("--lang=") for one in arguments if one.startswith("--lang=")]
    return next((one for one in LANGUAGES if named[-1:] == [one]), None)


def _parser(language: Language) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="itemproof_verify.py",
        description="Check ItemProof proof bundles with Python alone, offline.",
        epilog="exit status: 0 verified, 1 refuted, 2 usage or missing trust, 3 block unknown",
    )
    parser.language = language
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("bundle", nargs="?", type=Path, help="proof bundle")
    what.add_argument("--all", type=Path, metavar="FOLDER|ZIP", help="a whole evidence bundle")
    what.add_argument("--slots", action="store_true", help="where the contract keeps the head")
    parser.add_argument("--trust", type=Path, required=True, help="your own trust file")
    parser.add_argument("--code", help="demand that the bundle is of this code")
    parser.add_argument("--accept", choices=("final", "anchored", "logged"), default="final",
                        help="the least state to accept")  # fmt: skip
    parser.add_argument("--block", type=Path, action="append", default=[], metavar="FILE",
                        help="a final block: an answer to eth_getBlockByNumber")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of the words")
    parser.add_argument("--plain", action="store_true",
                        help="check signatures without cryptography")  # fmt: skip
    return parser


def _language() -> Language:
    names = ("ITEMPROOF_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return "zh" if chosen.lower().startswith("zh") else "en"


def _trust(asked: argparse.Namespace) -> Trust:
    trust = load_trust(asked.trust)
    blocks = dict(trust.block_hashes)
    for path in asked.block:
        number, block_hash = read_block(path.read_bytes())
        if blocks.setdefault(number, block_hash) != block_hash:
            raise MissingTrust(f"block {number} is named with two hashes")
    return replace(trust, block_hashes=blocks)


def _one(asked: argparse.Namespace, trust: Trust, language: Language) -> int:
    with asked.bundle.open("rb") as handle:
        data = handle.read(MAX_BUNDLE_BYTES + 1)
    report = verify_bundle(data, trust, accept=asked.accept, code=asked.code)
    if asked.json:
        _print_json(report.to_json() | {"signatures_checked_by": checked_by()})
    else:
        sys.stdout.write("\n".join(report_lines(report, language)) + "\n")
    return report.exit_status


def _all(asked: argparse.Namespace, trust: Trust, language: Language) -> int:
    found = check_archive(asked.all, trust, accept=asked.accept)
    if asked.json:
        _print_json(found.to_json() | {"signatures_checked_by": checked_by()})
        return found.exit_status
    lines = [
        say("fault", language, file=name, what=fault(what, language)) for name, what in found.faults
    ]
    good, bad = found.verified, found.refused
    lines += _status_lines(found, language)
    lines.append(say("all", language, good=good, bad=bad, files=found.files))
    if found.suspects:
        lines.append(say("suspects", language, count=found.suspects))
    lines.append(say("verified" if found.exit_status == 0 else "refused", language))
    sys.stdout.write("\n".join([*lines, _crypto(language)]) + "\n")
    return found.exit_status


def _status_lines(found: Found, language: Language) -> list[str]:
    """Return what the proofs prove of statuses, and what nothing proves."""
    proven = found.proven
    lines = [
        say("not_current", language, file=name, status=word(status, language), entries=size)
        for name, status, size in proven.not_current
    ]
    lines += [say("word", language, file=name) for name in found.unproven[:MAX_FAULTS]]
    counts = say("between", language).join(
        f"{word(status, language)} {count}" for status, count in sorted(proven.counts.items())
    )
    lines.append(say("statuses", language, counts=counts or "–"))
    return [*lines, say("completeness", language, **proven.completeness())]


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def _say_fault(
    code: str, message: str, asked: argparse.Namespace, language: Language, *, pointer: str = ""
) -> None:
    if asked.json:
        _print_json({"error": {"code": code, "message": message}})
        return
    line = f"{code}: {message}"
    if language == "zh":
        where = fault_in_chinese(message) or pointer
        line = titled(code) + (f"：{where}" if where else "")
    sys.stderr.write(f"{line}\n")


def checked_by() -> str:
    """Return what checks signatures here: the installed package, or this file's own code."""
    module: str = InvalidSignature.__module__
    return "own" if module.rpartition(".")[2] == _OWN else "cryptography"


def _crypto(language: Language) -> str:
    by = checked_by()
    return say("crypto", language, name=say("own", language) if by == "own" else by)


def report_lines(report: Report, language: Language) -> list[str]:
    """Return a report as a person reads it."""
    verdict = say("verified" if report.verified else "refused", language)
    lines = [f"{verdict}  {word(report.state or '', language)}".rstrip()]
    for step in report.steps:
        line = f"  {_MARKS[step.result]} ({step.step}) {step_name(step.step, language)}"
        lines.append(line + (reason(step.code, step.reason, language) if step.reason else ""))
    return [*lines, *_fact_lines(report, language), f"  {_crypto(language)}"]


def _fact_lines(report: Report, language: Language) -> list[str]:
    facts, value = report.facts, report.to_json()
    if facts is None:
        return []
    shown = "complete" if facts.is_complete else "partial"
    by = "signed_for" if facts.signer.custody == "operator" else "signed"
    unchecked = say("unchecked", language)
    return [
        f"  {line}"
        for line in (
            say("record", language, kind=word(facts.kind, language), count=facts.field_count,
                shown=say(shown, language, shown=len(facts.fields))),
            say(by, language, name=facts.signer.name),
            say("status", language, status=word(facts.status, language), entries=facts.status_size),
            say("not_before", language, time=value["not_before"] or unchecked),
            say("not_after", language, time=value["not_after"] or unchecked),
            say("claimed_time", language, time=value["claimed_time"]),
            *(say("suspect", language, suspect_from=one.suspect_from, entry_index=one.entry_index)
              for one in facts.warnings),
        )
    ]  # fmt: skip
