"""What nobody foresaw, over HTTP: a problem with a reference to the log, and nothing more."""

from __future__ import annotations

import logging

import pytest

from tests.support.api import Api, problem


@pytest.mark.parametrize(("language", "shown"), [("zh", "程序自身出错"), ("en", "The program")])
def test_an_unforeseen_error_shows_a_reference_and_no_text(
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    language: str,
    shown: str,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr("ledger_api.web.filling.landing_view", broken)
    with caplog.at_level(logging.ERROR):
        response = api.client.get("/", params={"lang": language})
    body = response.json()
    assert (response.status_code, body["code"]) == (500, "INTERNAL_ERROR")
    assert response.headers["content-type"] == "application/problem+json"
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert body["title"].startswith(shown)
    assert "secret" not in response.text
    assert body["reference"] in caplog.text
    assert body["reference"] in body["detail"]
    assert "the secret is 42" in caplog.text


def test_a_foreseen_error_has_no_reference(api: Api) -> None:
    response = api.client.get("/api/items/urn:x:1")
    assert response.status_code < 500
    assert "reference" not in response.json()


def test_a_method_that_is_not_there_has_words(api: Api) -> None:
    response = api.client.post("/healthz", headers={"Accept-Language": "en"})
    problem(response, 405, "METHOD_NOT_ALLOWED")
    assert "went wrong" not in response.json()["title"]
