"""What anybody may read, what only some may, and what is not there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.api import Api, problem
from tests.support.ledger import GTIN, document, event
from traceability.ledger.mint import Lot
from traceability.ledger.trust import trust_of
from traceability.merkle.checkpoint import verify_checkpoint
from traceability.verify.verifier import verify_bundle

WRONG_GTIN = "09521234567898"


@pytest.fixture
def item(api: Api) -> str:
    """Return the path of a minted item."""
    lot = Lot(GTIN, "L1", 3, {"name": {"zh": "电缆", "en": "Cable"}})
    minted = api.node.mint(lot, participant=api.participant)
    api.node.sequencer.run(close=True)
    with api.node.store.reading() as repositories:
        row = repositories.items.get(minted.batch, 1)
    assert row is not None
    return f"/01/{GTIN}/10/L1/21/{row.serial}"


class TestProofs:
    def test_verify_against_the_nodes_trust(self, api: Api, item: str) -> None:
        code = f"https://id.gs1.org{item}"
        response = api.client.get("/api/proofs", params={"code": code})
        assert response.headers["content-type"] == "application/vnd.itemproof.proof+json"
        trust = trust_of(api.node.store, api.node.identity)
        report = verify_bundle(response.content, trust, accept="logged", code=code)
        assert report.verified
        other = code[:-1] + ("0" if code[-1] != "0" else "1")
        assert not verify_bundle(response.content, trust, accept="logged", code=other).verified

    def test_other_audiences_need_a_key(self, api: Api, item: str) -> None:
        asked = {"code": f"https://id.gs1.org{item}", "audience": "auditor"}
        problem(api.client.get("/api/proofs", params=asked), 401, "NOT_AUTHENTICATED")
        participant = api.headers("participant")
        response = api.client.get("/api/proofs", params=asked, headers=participant)
        problem(response, 403, "API_ROLE_MISSING")
        auditor = api.headers("auditor")
        assert api.client.get("/api/proofs", params=asked, headers=auditor).status_code == 200

    def test_public_proof_of_an_event_shows_only_the_code_asked_for(self, api: Api) -> None:
        secret = event(1, bizLocation={"id": "https://id.gs1.org/414/9521234567899"})
        api.submit(
            document(
                secret
                | {
                    "epcList": [
                        f"https://id.gs1.org/01/{GTIN}/21/S1",
                        f"https://id.gs1.org/01/{GTIN}/21/S2",
                    ]
                }
            )
        )
        api.node.sequencer.run(close=True)
        code = f"https://id.gs1.org/01/{GTIN}/21/S1"
        record = json.dumps(api.client.get("/api/proofs", params={"code": code}).json()["record"])
        assert "21/S1" in record
        assert "21/S2" not in record
        assert "bizLocation" not in record

    def test_unknown_code(self, api: Api) -> None:
        code = f"https://id.gs1.org/01/{GTIN}/21/NONE"
        problem(api.client.get("/api/proofs", params={"code": code}), 404, "CODE_UNKNOWN")

    def test_wrong_check_digit(self, api: Api) -> None:
        code = f"https://id.gs1.org/01/{WRONG_GTIN}/21/A"
        found = problem(
            api.client.get("/api/proofs", params={"code": code}), 400, "CODE_CHECK_DIGIT"
        )
        assert found["expected"] == "9"
        assert found["got"] == "8"


class TestItems:
    def test_say_where_the_record_is(self, api: Api, item: str) -> None:
        found = api.client.get(f"/api/items/https://id.gs1.org{item}").json()
        assert (found["kind"], found["record_index"], found["state"]) == ("item", 1, "logged")
        assert found["lot"]["name"] == {"zh": "电缆", "en": "Cable"}


class TestPages:
    @pytest.mark.parametrize(("lang", "words"), [("zh", "电缆"), ("en", "Cable")])
    def test_item_page_says_its_verdict_without_scripts(
        self, api: Api, item: str, lang: str, words: str
    ) -> None:
        response = api.client.get(item, params={"lang": lang})
        assert response.status_code == 200
        assert words in response.text
        assert "<script>" not in response.text
        assert "default-src 'self'" in response.headers["content-security-policy"]
        assert len(response.content) < 50_000

    @pytest.mark.parametrize("method", ["get", "head"])
    def test_unknown_item_is_404(self, api: Api, method: str) -> None:
        path = f"/01/{GTIN}/10/L1/21/NONE"
        assert getattr(api.client, method)(path).status_code == 404

    def test_wrong_gtin_in_the_address_is_400(self, api: Api) -> None:
        assert api.client.get(f"/01/{WRONG_GTIN}/10/L1/21/A").status_code == 400

    @pytest.mark.parametrize("path", ["/", "/supplier", "/audit", "/quality", "/scan", "/docs"])
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_pages_answer_in_both_languages(self, api: Api, path: str, lang: str) -> None:
        response = api.client.get(path, params={"lang": lang})
        assert response.status_code == 200
        assert f'lang="{"zh-Hans" if lang == "zh" else "en"}"' in response.text

    def test_typed_code_leads_to_its_page(self, api: Api, item: str) -> None:
        typed = f"(01){GTIN}(10)L1(21){item.rsplit('/', 1)[1]}"
        response = api.client.get("/scan", params={"code": typed}, follow_redirects=False)
        assert (response.status_code, response.headers["location"]) == (303, item)

    def test_upload_checks_without_a_key_and_keeps_nothing(self, api: Api) -> None:
        files = {"file": ("a.jsonld", json.dumps(document(event(1))))}
        before = api.node.standing()
        response = api.client.post("/supplier", files=files, data={"trial": "1"})
        assert response.status_code == 200
        assert api.node.standing() == before


class TestLog:
    def test_checkpoint_is_signed_and_tiles_hold_its_leaves(self, api: Api, item: str) -> None:
        text = api.client.get("/log/checkpoint").text
        identity = api.node.identity
        head = verify_checkpoint(
            text, origin=identity.origin, public_key=identity.log_key.public_key
        )
        tile = api.client.get(f"/log/tile/0/000.p/{head.tree_size}").content
        with api.node.store.reading() as repositories:
            assert tile == b"".join(repositories.entries.leaf_hashes(0, head.tree_size))

    @pytest.mark.parametrize(
        "path", ["0/000", "0/001", "0/000.p/256", "0/000.p/0", "0/0", "9/000", "0/x000/000.p/999"]
    )
    def test_a_tile_that_is_not_there(self, api: Api, path: str) -> None:
        problem(api.client.get(f"/log/tile/{path}"), 404, "TILE_UNKNOWN")

    def test_entry_bundles_are_for_auditors(self, api: Api, item: str) -> None:
        problem(api.client.get("/log/tile/entries/000.p/1"), 401, "NOT_AUTHENTICATED")
        headers = api.headers("auditor")
        assert api.client.get("/log/tile/entries/000.p/1", headers=headers).status_code == 200

    def test_an_entry_bundle_is_packed_for_whom_unpacks_it(self, api: Api, item: str) -> None:
        headers = api.headers("auditor")
        answers = {
            taken: api.client.get(
                "/log/tile/entries/000.p/3", headers={**headers, "Accept-Encoding": taken}
            )
            for taken in ("gzip", "identity", "br")
        }
        packed = answers.pop("gzip")
        assert packed.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["vary"]
        for plain in answers.values():
            assert "content-encoding" not in plain.headers
            assert int(plain.headers["content-length"]) > int(packed.headers["content-length"])
            assert plain.content == packed.content

    def test_anchor_that_is_not_there(self, api: Api) -> None:
        problem(api.client.get("/log/anchor/1"), 404, "ANCHOR_UNKNOWN")


class TestLineageAndScores:
    @pytest.mark.parametrize("question", ["trace", "recall", "journey"])
    def test_need_a_key_and_answer_with_one(self, api: Api, item: str, question: str) -> None:
        asked = {"code": f"https://id.gs1.org{item}"}
        problem(api.client.get(f"/api/{question}", params=asked), 401, "NOT_AUTHENTICATED")
        response = api.client.get(
            f"/api/{question}", params=asked, headers=api.headers("participant")
        )
        found: dict[str, Any] = response.json()
        assert {"code", "items", "edges", "findings", "truncated"} <= set(found)

    def test_a_supplier_without_data_has_no_perfect_score(self, api: Api) -> None:
        response = api.client.get(
            "/api/suppliers/9521234567899/score", headers=api.headers("auditor")
        )
        found = response.json()["suppliers"][0]
        assert found["gln"] == "9521234567899"
        assert float(found["score"]) == 0

    def test_a_gln_with_a_wrong_check_digit(self, api: Api) -> None:
        response = api.client.get(
            "/api/suppliers/9521234567890/score", headers=api.headers("auditor")
        )
        problem(response, 400, "CODE_CHECK_DIGIT")


def test_health(api: Api) -> None:
    assert api.client.get("/healthz").text == "ok\n"
    assert api.client.get("/readyz").json()["ready"] is True
    assert "itemproof_log_entries" in api.client.get("/metrics").text
