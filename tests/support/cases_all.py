"""All groups of bundle vectors, by file name."""

from __future__ import annotations

from tests.support.cases_chain import chain
from tests.support.cases_form import form
from tests.support.cases_good import good
from tests.support.cases_log import log
from tests.support.cases_record import record
from tests.support.cases_signer import signer

GROUPS = {
    "good": good,
    "form": form,
    "log": log,
    "signer": signer,
    "record": record,
    "chain": chain,
}
