"""Master data over HTTP: told by the job and by `/api/batches`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tests.integration.epcis.test_xml import GOOD_XML
from tests.integration.ledger.test_master_data import told
from tests.support.api import Api, problem
from tests.support.capture import EVENTS, captured, posted
from tests.support.ledger import document, event


def test_job_tells_of_master_data_alone(api: Api) -> None:
    job = captured(api, told())
    assert (job["success"], job["accepted"], job["events"]) == (True, 0, [])
    assert job["masterData"]["result"] == "accepted"
    assert (job["masterData"]["vocabularies"], job["masterData"]["elements"]) == (1, 2)
    assert job["masterData"]["record"].endswith(":0")
    # Until its entry is in the log, a receipt is put off with 503.
    api.node.sequencer.run()
    assert api.client.get(job["receiptUrl"]).status_code == 200


def test_job_without_master_data_says_nothing_of_it(api: Api) -> None:
    assert "masterData" not in captured(api, document(event(1)))


def test_batches_tell_of_it_too(api: Api) -> None:
    answer = api.submit(told())
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    assert (found["status"], found["accepted"]) == ("ACCEPTED", 0)
    assert (found["master_data"]["result"], found["master_data"]["elements"]) == ("accepted", 2)


def test_known_event_with_new_master_data_is_still_known(api: Api) -> None:
    assert posted(api, EVENTS, document(event(1))).status_code == 201
    problem(posted(api, EVENTS, told(event(1))), 409, "EVENT_EXISTS")


XML = {"Content-Type": "application/xml"}


def proof(api: Api, name: str, *, role: str | None = None) -> Any:
    who = {} if role is None else api.headers(role)
    audience = "public" if role is None else "partner"
    path = f"/api/proofs?code={quote(name, safe='')}&audience={audience}"
    return api.client.get(path, headers=who)


def test_master_data_is_disclosed_to_partners_and_not_to_everybody(api: Api) -> None:
    name = captured(api, told(event(1)))["masterData"]["record"]
    api.node.sequencer.run(close=True)
    partner = proof(api, name, role="participant")
    assert partner.status_code == 200
    assert "冷库" in partner.text
    public = proof(api, name)
    assert public.status_code == 200
    assert "application/json" in public.text
    assert "冷库" not in public.text


def test_xml_is_disclosed_to_partners_and_not_to_everybody(api: Api) -> None:
    job = captured(api, GOOD_XML.encode(), headers=XML)
    name = job["events"][0]["record"].removesuffix(":0") + ":1"
    api.node.sequencer.run(close=True)
    assert '"content"' in proof(api, name, role="participant").text
    public = proof(api, name)
    assert public.status_code == 200
    assert "application/xml" in public.text
    assert '"content"' not in public.text
