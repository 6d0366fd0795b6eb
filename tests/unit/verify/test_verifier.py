"""The verifier's report: exit statuses, states, times, and what it asks of the chain.

What bundles are refused for is in tests/conformance/test_bundle_vectors.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from tests.support.cases import World, anchored, edited, simple, without_anchor
from tests.support.forge import FIRST_TIME, seeded
from traceability.errors import Unavailable
from traceability.verify.report import STEP_ORDER
from traceability.verify.verifier import verify_bundle

WORLD, BATCH, BUNDLE = anchored()
DATA, PINNED = BUNDLE.to_bytes(), WORLD.forge.trust()
TRUST = replace(PINNED, block_hashes={})
SEEN_BLOCK, BLOCK = sorted(PINNED.block_hashes)


@dataclass
class Chain:
    """Answers by number; what is not known is not final, or not answered."""

    known: dict[int, bytes]
    silent: tuple[int, ...] = ()
    asked: list[int] = field(default_factory=list)

    def final_block_hash(self, number: int) -> bytes | None:
        self.asked.append(number)
        if number in self.silent:
            raise Unavailable("no endpoint answers")
        return self.known.get(number)


def result(step: int, **options: object) -> tuple[str, str, int]:
    report = verify_bundle(DATA, TRUST, **options)  # type: ignore[arg-type]  # test options
    found = next(one for one in report.steps if one.step == step)
    return found.result, found.code, report.exit_status


class TestChain:
    def test_a_canonical_block_is_final(self) -> None:
        chain = Chain(dict(PINNED.block_hashes))
        report = verify_bundle(DATA, TRUST, chain=chain)
        assert (report.exit_status, report.state, report.verified) == (0, "final", True)
        assert chain.asked == [BLOCK, SEEN_BLOCK]

    def test_a_pinned_block_is_not_asked_for(self) -> None:
        chain = Chain({})
        assert verify_bundle(DATA, PINNED, chain=chain).verified
        assert chain.asked == []

    def test_another_block_is_refuted(self) -> None:
        chain = Chain({BLOCK: seeded("fork"), SEEN_BLOCK: PINNED.block_hashes[SEEN_BLOCK]})
        assert result(10, chain=chain) == ("failed", "BLOCK_NOT_CANONICAL", 1)

    def test_a_block_that_is_not_final_yet_is_not_enough(self) -> None:
        assert result(10, chain=Chain({})) == ("not_checked", "BLOCK_NOT_FINAL", 1)

    def test_a_silent_endpoint_is_unavailable(self) -> None:
        chain = Chain({}, silent=(BLOCK,))
        assert result(10, chain=chain) == ("not_checked", "CHAIN_UNAVAILABLE", 3)

    def test_no_endpoint_is_missing_trust(self) -> None:
        assert result(10) == ("not_checked", "CHAIN_NOT_ASKED", 2)

    @pytest.mark.parametrize("chain", [None, Chain({}), Chain({}, silent=(BLOCK,))])
    def test_whoever_accepts_anchored_need_not_ask(self, chain: Chain | None) -> None:
        report = verify_bundle(DATA, TRUST, accept="anchored", chain=chain)
        assert (report.exit_status, report.state) == (0, "anchored")

    def test_a_silent_endpoint_never_hides_a_failed_step(self) -> None:
        data = edited(BUNDLE, ("/record/index", 2))
        report = verify_bundle(data, TRUST, chain=Chain({}, silent=(BLOCK,)))
        assert (report.exit_status, report.failed.step if report.failed else None) == (1, 2)


class TestTimes:
    def test_both_are_told_when_both_blocks_are_final(self) -> None:
        report = verify_bundle(DATA, PINNED)
        assert report.not_before == datetime.fromtimestamp(FIRST_TIME, UTC)
        assert report.not_after == datetime.fromtimestamp(FIRST_TIME + 120, UTC)

    @pytest.mark.parametrize("silent", [(), (SEEN_BLOCK,)])
    def test_not_before_is_dropped_when_its_block_is_in_doubt(self, silent: tuple[int]) -> None:
        chain = Chain({BLOCK: PINNED.block_hashes[BLOCK]}, silent=silent)
        report = verify_bundle(DATA, TRUST, chain=chain)
        assert report.verified
        assert report.not_before is None
        assert report.not_after is not None

    def test_neither_is_told_without_an_anchor(self) -> None:
        report = verify_bundle(without_anchor(BUNDLE).to_bytes(), TRUST, accept="logged")
        assert (report.not_before, report.not_after) == (None, None)
        assert report.to_json()["not_before"] is None


class TestReport:
    def test_lists_every_step_in_the_order_taken(self) -> None:
        assert [step.step for step in verify_bundle(DATA, PINNED).steps] == list(STEP_ORDER)
        assert [step.step for step in verify_bundle(b"", PINNED).steps] == list(STEP_ORDER)

    def test_says_nothing_of_a_refused_record(self) -> None:
        report = verify_bundle(DATA, PINNED, code="(01)09506000134352(21)S9").to_json()
        proven = ("record", "fields", "lot", "signer", "claimed_time", "status", "statuses",
                  "status_as_of", "not_before", "not_after")  # fmt: skip
        assert {report[name] for name in proven} == {None}

    def test_later_steps_are_not_reached(self) -> None:
        report = verify_bundle(edited(BUNDLE, ("/entry/index", 1)), PINNED)
        results = [(step.step, step.result) for step in report.steps][:5]
        assert results == [(0, "passed"), (7, "passed"), (8, "passed"), (5, "failed"),
                           (6, "not_checked")]  # fmt: skip
        assert report.steps[-1].code == "NOT_REACHED"

    def test_a_failed_anchor_leaves_the_state_logged(self) -> None:
        report = verify_bundle(DATA, replace(PINNED, code_hash=seeded("x")), accept="logged")
        assert (report.state, report.exit_status) == ("logged", 1)

    def test_status_is_told_as_of_a_size_and_a_time(self) -> None:
        report = verify_bundle(DATA, PINNED).to_json()
        assert report["status"] == "current"
        assert report["status_as_of"] == {
            "tree_size": len(WORLD.forge.entries),
            "block_time": "2026-01-05T08:03:00.000Z",
            "later": "unknown",
        }

    def test_claimed_time_stands_apart(self) -> None:
        assert verify_bundle(DATA, PINNED).to_json()["claimed_time"] == "2026-01-05T08:00:04.000Z"

    def test_partial_disclosure_is_not_complete(self) -> None:
        world = World.begin()
        batch = world.events({"epcList": ["urn:x:1", "urn:x:2"]})
        world.close()
        data = world.proof(batch, 0, show=[2]).to_bytes()
        report = verify_bundle(data, world.forge.trust(), accept="logged")
        assert report.facts is not None
        assert (report.facts.is_complete, report.facts.field_count) == (False, 4)
        assert [found.path for found in report.facts.fields] == [(), ("epcList", 0)]


class TestSigner:
    @pytest.mark.parametrize(
        ("custody", "said"),
        [
            ("self", "signed by Harbour Cables"),
            ("operator", "signed by the operator for Harbour Cables"),
        ],
    )
    def test_says_who_signed_and_how_the_key_is_bound(self, custody: str, said: str) -> None:
        world = World.begin(custody=custody)
        batch = world.items()
        world.close()
        data = world.proof(batch, with_card=True).to_bytes()
        report = verify_bundle(data, world.forge.trust(), accept="logged")
        assert report.facts is not None
        assert report.facts.signer.description == said

    def test_an_undisclosed_card_gives_the_participants_id(self) -> None:
        world, _, bundle = simple()
        report = verify_bundle(bundle.to_bytes(), world.forge.trust(), accept="logged")
        assert report.facts is not None
        assert report.facts.signer.name == "YNl72SDzrRFOVWgJ6d3Kbw"

    def test_a_key_under_suspicion_is_told(self) -> None:
        world = World.begin()
        batch = world.items()
        world.forge.revoke(world.producer, suspect_from=batch.index)
        world.close()
        report = verify_bundle(world.proof(batch).to_bytes(), world.forge.trust(), accept="logged")
        assert report.facts is not None
        assert report.facts.signer.suspect_from == batch.index
        assert report.verified
        (warning,) = report.to_json()["warnings"]
        assert (warning["code"], warning["suspect_from"]) == ("KEY_SUSPECT", batch.index)

    def test_no_suspicion_falls_on_what_came_before_it(self) -> None:
        world = World.begin()
        batch = world.items()
        world.forge.revoke(world.producer, suspect_from=batch.index + 1)
        world.close()
        report = verify_bundle(world.proof(batch).to_bytes(), world.forge.trust(), accept="logged")
        assert report.facts is not None
        assert report.facts.signer.suspect_from == batch.index + 1
        assert report.to_json()["warnings"] == []
