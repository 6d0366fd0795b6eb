"""Whose events are held against the one-code rules, and taking turns at it, on both databases."""

from __future__ import annotations

import threading

from tests.support.lineage import serial
from tests.support.one_code import ELSEWHERE, HERE, keep, tell
from traceability.lineage.one_code.judging import OneCode
from traceability.store.engine import open_engine
from traceability.store.repositories.one_code import RuleMode
from traceability.store.unit_of_work import UnitOfWork


class TestModes:
    def test_the_rules_are_off_until_they_are_set(self, database_url: str) -> None:
        engine = open_engine(database_url)
        with UnitOfWork(engine) as work:
            one_code = work.repositories.one_code
            assert one_code.mode(HERE) is RuleMode.OFF
            for mode in (RuleMode.WARN, RuleMode.ENFORCE, RuleMode.OFF):
                one_code.set_mode(HERE, mode)
                assert one_code.mode(HERE) is mode
                assert one_code.mode(ELSEWHERE) is RuleMode.OFF
        engine.dispose()

    def test_of_two_that_commission_at_once_the_second_sees_the_first(
        self, database_url: str
    ) -> None:
        engine = open_engine(database_url)
        found: list[int] = []
        both = threading.Barrier(2)
        commissioning = [tell("Object", 1, "ADD", epc=[serial(1, "A")])]

        def submit() -> None:
            both.wait()
            with UnitOfWork(engine) as work:
                work.repositories.one_code.take_turn()
                judged = OneCode(work.repositories).judge(commissioning, participant=HERE)
                found.append(len(judged))
                keep(work.repositories, commissioning)
                work.commit()

        threads = [threading.Thread(target=submit) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        engine.dispose()
        assert sorted(found) == [0, 1]
