"""Group commit without a store: who leads, what each is told, and what one error does to others."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from traceability.errors import Unavailable
from traceability.ledger import gathering
from traceability.ledger.gathering import Gatherer
from traceability.store.faults import StoreUnavailable

WAIT = 60.0


class Work:
    """Doubles numbers; the first group waits until it is let go."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.groups: list[list[int]] = []
        self.begun = threading.Event()
        self.go = threading.Event()
        self._error = error

    def __call__(self, jobs: Sequence[int]) -> list[int | None]:
        self.groups.append(list(jobs))
        if len(self.groups) == 1:
            self.begun.set()
            assert self.go.wait(WAIT)
        elif self._error is not None:
            raise self._error
        return [2 * job for job in jobs]


class Told:
    """What each thread was told, by its job."""

    def __init__(self, gatherer: Gatherer[int, int]) -> None:
        self._gatherer = gatherer
        self.outcomes: dict[int, int | None] = {}
        self.errors: dict[int, BaseException] = {}

    def submit(self, job: int) -> None:
        try:
            self.outcomes[job] = self._gatherer.submit(job)
        except BaseException as error:  # what was told is compared
            self.errors[job] = error


def submit_together(work: Work, *, limit: int = 10, count: int = 4) -> Told:
    """Let one job begin alone, and the others come while it is worked on."""
    gatherer = Gatherer[int, int](work, limit=limit)
    told = Told(gatherer)
    threads = [threading.Thread(target=told.submit, args=(job,)) for job in range(count)]
    threads[0].start()
    assert work.begun.wait(WAIT)
    for number, thread in enumerate(threads[1:], 1):
        thread.start()
        while gatherer.waiting < number:
            thread.join(0.001)
    work.go.set()
    for thread in threads:
        thread.join(WAIT)
    return told


class TestGatherer:
    def test_does_what_came_meanwhile_as_one_group(self) -> None:
        work = Work()
        told = submit_together(work)
        assert work.groups == [[0], [1, 2, 3]]
        assert told.outcomes == {0: 0, 1: 2, 2: 4, 3: 6}

    def test_takes_no_more_than_its_limit_and_forgets_nobody(self) -> None:
        work = Work()
        told = submit_together(work, limit=2, count=6)
        assert work.groups == [[0], [1, 2], [3, 4], [5]]
        assert len(told.outcomes) == 6

    def test_who_comes_alone_does_not_wait(self) -> None:
        gatherer = Gatherer[int, int](lambda jobs: [job + 1 for job in jobs], limit=2)
        assert [gatherer.submit(1), gatherer.submit(2)] == [2, 3]

    def test_tells_an_error_to_each_of_the_group_and_to_no_other(self) -> None:
        told = submit_together(Work(StoreUnavailable("store cannot be used now: fault")))
        assert told.outcomes == {0: 0}
        assert {str(error) for error in told.errors.values()} == {"store cannot be used now: fault"}
        assert len({id(error) for error in told.errors.values()}) == 3

    def test_goes_on_after_an_error(self) -> None:
        work = Work(StoreUnavailable("store cannot be used now: fault"))
        told = submit_together(work, limit=2, count=5)
        assert work.groups == [[0], [1, 2], [3, 4]]
        assert sorted(told.errors) == [1, 2, 3, 4]

    def test_tells_the_others_when_the_one_who_works_is_ended(self) -> None:
        told = submit_together(Work(KeyboardInterrupt()))
        assert isinstance(told.errors[1], KeyboardInterrupt)
        for job in (2, 3):
            with pytest.raises(Unavailable, match="group was interrupted"):
                raise told.errors[job]


def test_who_is_ended_while_it_waits_for_company_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gatherer = Gatherer[int, int](lambda jobs: [job + 1 for job in jobs], limit=2)

    def interrupted(_self: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Gatherer, "_await_company", interrupted)
        with pytest.raises(KeyboardInterrupt):
            gatherer.submit(1)
    assert gatherer.submit(2) == 3


class TestCompany:
    """A group waits for those of the last one, while they come."""

    def test_those_who_come_back_share_the_next_group(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(gathering, "PATIENCE_SECONDS", WAIT)
        monkeypatch.setattr(gathering, "QUIET_SECONDS", WAIT)
        assert groups_of_three_rounds() == [1, 5, 5]

    def test_nobody_is_waited_for_who_does_not_come(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gathering, "PATIENCE_SECONDS", WAIT)
        work = Work()
        told = submit_together(work, count=5)
        assert work.groups == [[0], [1, 2, 3, 4]]
        assert seconds_of(told, 5) < WAIT / 2
        assert (work.groups[-1], told.outcomes[5]) == ([5], 10)

    def test_nobody_is_waited_for_longer_than_patience_lasts(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(gathering, "QUIET_SECONDS", WAIT)
        told = submit_together(Work(), count=5)
        assert seconds_of(told, 5) < WAIT / 2
        assert told.outcomes[5] == 10

    def test_who_was_alone_waits_for_nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gathering, "PATIENCE_SECONDS", WAIT)
        monkeypatch.setattr(gathering, "QUIET_SECONDS", WAIT)
        told = Told(Gatherer[int, int](lambda jobs: [2 * job for job in jobs], limit=10))
        assert sum(seconds_of(told, job) for job in range(3)) < WAIT / 2
        assert told.outcomes == {0: 0, 1: 2, 2: 4}


def seconds_of(told: Told, job: int) -> float:
    """Submit a job and return how long it took."""
    started = time.monotonic()
    told.submit(job)
    return time.monotonic() - started


def groups_of_three_rounds() -> list[int]:
    """Return the sizes of groups where one begins alone, four come meanwhile, and all come back."""
    work = Work()
    gatherer = Gatherer[int, int](work, limit=10)
    told = Told(gatherer)

    def submit(*jobs: int) -> None:
        for job in jobs:
            told.submit(job)
            # Whoever begins without them has begun by then.
            time.sleep(0.05)

    first = threading.Thread(target=submit, args=(0, 10, 20))
    others = [threading.Thread(target=submit, args=(job, job + 10)) for job in range(1, 5)]
    first.start()
    assert work.begun.wait(WAIT)
    for number, thread in enumerate(others, 1):
        thread.start()
        while gatherer.waiting < number:
            thread.join(0.001)
    work.go.set()
    for thread in (first, *others):
        thread.join(WAIT)
    return [len(group) for group in work.groups]
