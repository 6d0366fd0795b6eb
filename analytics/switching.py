"""Which severity binds the next lot of a supplier's part.

Source: ISO 2859-1:1999 (GB/T 2828.1-2012), 9.1 (start), 9.3 (switching), 9.4 (discontinuation).
Only lots submitted for the first time count. Every class of nonconformity, AQL and part has a
state of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from analytics.errors import CountsError, PlanError
from analytics.sampling import Plan, single_plan, standard_aql

State = Literal["normal", "tightened", "reduced", "discontinued"]
WINDOW = 5
TIGHTEN_AT = 2
RELAX_AFTER = 5
DISCONTINUE_AT = 5
REDUCE_AT = 30
_STEP_SMALL, _STEP_LARGE = 2, 3


@dataclass(frozen=True, slots=True)
class Switching:
    """Where a supplier's part stands; `state` binds the next lot.

    Parameters
    ----------
    recent
        Whether the last lots under the present severity were accepted, at most five.
    refused
        Lots refused since tightened inspection began.
    score
        Switching score, of normal inspection only.
    """

    state: State = "normal"
    recent: tuple[bool, ...] = ()
    refused: int = 0
    score: int = 0


@dataclass(frozen=True, slots=True)
class Conditions:
    """What no count can say about reduced inspection.

    Parameters
    ----------
    reduction_agreed
        Production is steady and the responsible authority wants it.
    irregular
        Production has become irregular, or other conditions ask for normal inspection.
    """

    reduction_agreed: bool = False
    irregular: bool = False


@dataclass(frozen=True, slots=True)
class InspectedLot:
    """A lot as it was inspected, or is to be.

    Parameters
    ----------
    nonconforming
        Found in the sample; None for a lot that has only its plan as yet.
    submission
        Counts from 1.
    size
        Units of the lot; None where it is larger than any sample.
    """

    supplier: str
    part: str
    letter: str
    aql: str
    nonconforming: int | None
    submission: int = 1
    size: int | None = None
    conditions: Conditions = Conditions()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a lot, under which plan, and what binds the next one.

    Parameters
    ----------
    plan
        None where inspection is discontinued.
    accepted
        None without a plan or without a result.
    counted
        Whether the lot counts for switching.
    """

    lot: InspectedLot
    plan: Plan | None
    accepted: bool | None
    counted: bool
    next: Switching


def is_accepted(plan: Plan, nonconforming: int) -> bool:
    """Return whether a sample lets its lot pass.

    Raises
    ------
    CountsError
    """
    if nonconforming < 0:
        raise CountsError(f"nonconforming units are negative: got {nonconforming}")
    return nonconforming <= plan.accept


def after_lot(
    now: Switching,
    plan: Plan,
    nonconforming: int,
    *,
    submission: int = 1,
    conditions: Conditions = Conditions(),
) -> Switching:
    """Return the state that binds the lot after this one.

    Raises
    ------
    PlanError
        Inspection is discontinued, or the lot was inspected with another severity.
    CountsError
    """
    if now.state == "discontinued":
        raise PlanError("inspection is discontinued: the supplier has to act first")
    if plan.severity != now.state:
        raise PlanError(f"lot needs {now.state} inspection, got a {plan.severity} plan")
    accepted = is_accepted(plan, nonconforming)
    if submission != 1:
        return now
    if now.state == "normal":
        return _after_normal(now, plan, nonconforming, accepted=accepted, conditions=conditions)
    if now.state == "tightened":
        return _after_tightened(now, accepted=accepted)
    return now if accepted and not conditions.irregular else Switching()


def resumed(now: Switching) -> Switching:
    """Return the state after the supplier has acted and the authority agreed: tightened.

    Raises
    ------
    PlanError
    """
    if now.state != "discontinued":
        raise PlanError(f"nothing to resume: inspection is {now.state}")
    return Switching("tightened")


def replay(lots: Iterable[InspectedLot]) -> tuple[Outcome, ...]:
    """Follow the lots of many suppliers and parts, in order, each with the plan that binds it.

    Raises
    ------
    PlanError, CountsError
    """
    states: dict[tuple[str, str, str], Switching] = {}
    found = []
    for lot in lots:
        key = (lot.supplier, lot.part, standard_aql(lot.aql))
        outcome = _outcome(states.get(key, Switching()), lot)
        states[key] = outcome.next
        found.append(outcome)
    return tuple(found)


def _outcome(now: Switching, lot: InspectedLot) -> Outcome:
    if now.state == "discontinued":
        return Outcome(lot, None, None, False, now)
    plan = single_plan(lot.letter, lot.aql, now.state, lot=lot.size)
    if lot.nonconforming is None:
        return Outcome(lot, plan, None, False, now)
    then = after_lot(
        now, plan, lot.nonconforming, submission=lot.submission, conditions=lot.conditions
    )
    accepted = is_accepted(plan, lot.nonconforming)
    return Outcome(lot, plan, accepted, lot.submission == 1, then)


def _after_normal(
    now: Switching, plan: Plan, nonconforming: int, *, accepted: bool, conditions: Conditions
) -> Switching:
    recent = (*now.recent, accepted)[-WINDOW:]
    if recent.count(False) >= TIGHTEN_AT:
        return Switching("tightened")
    score = now.score + _points(plan) if _scores(plan, nonconforming) else 0
    if score >= REDUCE_AT and conditions.reduction_agreed and not conditions.irregular:
        return Switching("reduced")
    return replace(now, recent=recent, score=score)


def _scores(plan: Plan, nonconforming: int) -> bool:
    """Return whether the lot would have passed where the score asks for it (9.3.3.2)."""
    limit = plan.accept if plan.tighter_accept is None else plan.tighter_accept
    return nonconforming <= limit


def _points(plan: Plan) -> int:
    return _STEP_SMALL if plan.tighter_accept is None else _STEP_LARGE


def _after_tightened(now: Switching, *, accepted: bool) -> Switching:
    recent = (*now.recent, accepted)[-WINDOW:]
    refused = now.refused + (not accepted)
    if refused >= DISCONTINUE_AT:
        return Switching("discontinued", refused=refused)
    if len(recent) == RELAX_AFTER and all(recent):
        return Switching()
    return replace(now, recent=recent, refused=refused)
