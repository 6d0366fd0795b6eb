"""Every EPC of GS1's own EPCIS examples is read, and its URN written back unchanged.

Source: GS1 EPCIS 2.0 artefacts, folder JSON, and the reference's event hash examples.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from traceability.codes.keys import CodeCheckDigitError
from traceability.codes.uris import canonical_uri, parse_code, same_item

pytestmark = pytest.mark.conformance_data

URN = re.compile(r'"(urn:epc:(?:id|class|idpat):[^"]*)"')
LINK = re.compile(r'"(https?://[^"]*/(?:00|01|253|414|417|8003|8004)/[0-9][^"]*)"')


def found_in(conformance_data: Path, pattern: re.Pattern[str]) -> list[str]:
    texts = set()
    for folder in ("gs1/JSON", "event-hash"):
        for path in (conformance_data / "epcis" / folder).rglob("*.jsonld"):
            texts.update(pattern.findall(path.read_text(encoding="utf-8")))
    return sorted(texts)


def test_every_urn_of_the_examples_round_trips(conformance_data: Path) -> None:
    schemes: Counter[str] = Counter()
    for urn in found_in(conformance_data, URN):
        identifier = parse_code(urn)
        schemes[identifier.scheme] += 1
        prefix_length = len(urn.split(":")[4].split(".")[0])
        assert identifier.epc_urn(prefix_length) == urn
        assert canonical_uri(urn) == identifier.canonical
        assert same_item(urn, identifier.digital_link("https://example.com"))
    wanted = {
        "sgtin",
        "lgtin",
        "gtin",
        "sscc",
        "sgln",
        "gln",
        "pgln",
        "grai",
        "giai",
        "gdti",
        "gsrn",
    }
    assert wanted <= set(schemes)
    assert schemes.total() > 100


def test_every_digital_link_of_the_examples_is_read(conformance_data: Path) -> None:
    links = found_in(conformance_data, LINK)
    assert len(links) > 20
    for link in links:
        identifier = parse_code(link)
        assert link.endswith(identifier.digital_link().removeprefix("https://id.gs1.org"))


def test_a_changed_check_digit_of_the_examples_is_refused(conformance_data: Path) -> None:
    for link in found_in(conformance_data, LINK):
        match = re.search(r"/(?:00|01|414|417)/([0-9]+)", link)
        if match is None:
            continue
        last = match.end() - 1
        changed = link[:last] + str((int(link[last]) + 1) % 10) + link[last + 1 :]
        with pytest.raises(CodeCheckDigitError):
            parse_code(changed)
