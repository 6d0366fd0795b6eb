from __future__ import annotations

import json
import os
import signal

import pytest

from ledger_api.drafting_pool import SMALL, DraftingFailed, DraftingPool
from scripts.benchmarks.events import sample_document
from traceability.ledger.drafting import DocumentBody, draft_body
from traceability.strict_json import JSONDuplicateKeyError

KEY = b"k" * 32
LARGE = json.dumps(sample_document(0, 30)).encode()
assert len(LARGE) > SMALL


@pytest.fixture(scope="module")
def pool():
    made = DraftingPool(1)
    yield made
    made.close()


def said(drafted):
    """Return what does not depend on the secrets drawn."""
    return [
        (draft.pointer, draft.faults, draft.hash_uri, draft.record and draft.record.event)
        for draft in drafted.drafts
    ]


def test_another_process_draws_up_what_this_one_would(pool):
    body = DocumentBody(LARGE)
    assert said(pool.draft(body, KEY)) == said(draft_body(body, KEY))


def test_another_key_gives_other_content_hashes(pool):
    body = DocumentBody(LARGE)
    assert said(pool.draft(body, KEY)) != said(draft_body(body, b"o" * 32))


def test_error_comes_back_with_all_that_it_says(pool):
    faulty = DocumentBody(LARGE.replace(b'"type"', b'"type": "x", "type"', 1))
    with pytest.raises(JSONDuplicateKeyError) as here:
        draft_body(faulty, KEY)
    with pytest.raises(JSONDuplicateKeyError) as there:
        pool.draft(faulty, KEY)
    assert there.value.to_dict() == here.value.to_dict()


def test_process_that_is_killed_is_told_and_replaced(pool):
    pool.draft(DocumentBody(LARGE), KEY)
    process = next(iter(pool._executor._processes.values()))
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with pytest.raises(DraftingFailed, match="send it again or in parts"):
        pool.draft(DocumentBody(LARGE), KEY)
    assert pool.draft(DocumentBody(LARGE), KEY).drafts


def test_small_documents_and_no_processes_start_none():
    pool = DraftingPool(0)
    assert pool.draft(DocumentBody(LARGE), KEY).drafts
    assert pool._executor is None
