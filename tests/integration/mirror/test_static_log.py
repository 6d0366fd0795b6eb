"""`/log`: the addresses of C2SP tlog-tiles, and how long each answer may be kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.mirrored import fill
from traceability.ledger.mirror.anchors import parse_anchors
from traceability.merkle.tiles import parse_entry_bundle
from traceability.merkle.tree import leaf_hash, root_hash
from traceability.store.repositories import Repositories
from traceability.store.tables import anchors

FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture
def size(api: Api) -> int:
    """Return the size of a log with one complete tile and a partial one."""
    fill(api.node, 300)
    checkpoint = api.node.standing().checkpoint
    assert checkpoint is not None
    return checkpoint.tree_size


def ask(api: Api, name: str, **headers: str) -> Any:
    return api.client.get(f"/log/{name}", headers={**api.headers("auditor"), **headers})


def hashes(data: bytes) -> list[bytes]:
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def test_tiles_are_at_their_addresses_whole_and_partial(api: Api, size: int) -> None:
    whole = ask(api, "tile/0/000")
    part = ask(api, f"tile/0/001.p/{size - 256}")
    above = ask(api, "tile/1/000.p/1")
    leaves = hashes(whole.content) + hashes(part.content)
    assert len(leaves) == size
    assert above.content == root_hash(leaves[:256])
    with api.node.store.reading() as repositories:
        head = repositories.tree.latest_checkpoint()
    assert head is not None
    assert root_hash(leaves) == head.root_hash
    for answer in (whole, part, above):
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == FOR_EVER


def test_a_partial_tile_is_the_beginning_of_what_it_becomes(api: Api, size: int) -> None:
    whole = ask(api, "tile/0/000").content
    assert ask(api, "tile/0/000.p/17").content == whole[: 17 * 32]
    assert size > 256


@pytest.mark.parametrize(
    "name",
    ["tile/0/001", "tile/0/002", "tile/0/001.p/255", "tile/1/000", "tile/2/000.p/1",
     "tile/entries/001", "tile/entries/002.p/1"],
)  # fmt: skip
def test_what_the_log_does_not_reach_is_not_there(api: Api, size: int, name: str) -> None:
    assert size < 511
    answer = ask(api, name)
    assert (answer.status_code, answer.json()["code"]) == (404, "TILE_UNKNOWN")


@pytest.mark.parametrize(
    "name", ["tile/0/0", "tile/00/000", "tile/0/x000/001", "tile/64/000", "tile/0/000.p/256"]
)
def test_an_address_in_another_form_is_none(api: Api, size: int, name: str) -> None:
    assert size > 256
    assert ask(api, name).status_code in (400, 404)


def test_bundles_hold_the_entries_of_the_tiles(api: Api, size: int) -> None:
    for name, width in (("000", 256), (f"001.p/{size - 256}", size - 256)):
        answer = ask(api, f"tile/entries/{name}")
        entries = parse_entry_bundle(answer.content)
        assert len(entries) == width
        assert b"".join(map(leaf_hash, entries)) == ask(api, f"tile/0/{name}").content
        # Only auditors may see entries, so no shared cache may keep them.
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_the_newest_head_is_kept_by_no_cache(api: Api, size: int) -> None:
    answer = ask(api, "checkpoint")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.split("\n")[1] == str(size)
    assert ask(api, "anchors").headers["cache-control"] == "no-cache"


class TestListOfAnchors:
    @pytest.fixture
    def sizes(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """Return the sizes of five final anchors, served two at a time."""
        monkeypatch.setattr("ledger_api.log.endpoints.ANCHORS_AT_ONCE", 2)
        sizes = [3, 5, 8, 13, 21]
        with api.node.store.unit_of_work() as work:
            for at, size in enumerate(sizes):
                put_anchor(work.repositories, size, at)
            # One that is not final is not listed.
            put_anchor(work.repositories, 34, 5, state="sent")
            work.commit()
        return sizes

    def test_is_whole_whatever_its_pages(self, api: Api, sizes: list[int]) -> None:
        lines = parse_anchors(ask(api, "anchors").content)
        assert [(line.tree_size, line.nonce) for line in lines] == list(
            zip(sizes, range(5), strict=True)
        )

    @pytest.mark.parametrize("after", [0, 2, 3, 8, 20, 21, 2**53 - 1])
    def test_leaves_out_what_is_known(self, api: Api, sizes: list[int], after: int) -> None:
        lines = parse_anchors(ask(api, f"anchors?after={after}").content)
        assert [line.tree_size for line in lines] == [size for size in sizes if size > after]

    @pytest.mark.parametrize("after", ["-1", "x", str(2**53)])
    def test_after_no_size_is_refused(self, api: Api, sizes: list[int], after: str) -> None:
        assert ask(api, f"anchors?after={after}").status_code == 400


def put_anchor(repositories: Repositories, size: int, at: int, *, state: str = "final") -> None:
    repositories.connection.execute(
        anchors.insert().values(
            tx_hash=bytes([at]) * 32,
            raw=b"",
            nonce=at,
            from_size=1,
            tree_size=size,
            root_hash=bytes(32),
            state=state,
            signed_at=0,
            evidence=b"{}",
        )
    )
