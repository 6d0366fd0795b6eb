"""The rules by their codes: what a thing's events cannot say together; docs/one-code-rules.md."""

from __future__ import annotations

from typing import ClassVar

from traceability.errors import Conflict


class OneCodeBreach(Conflict):
    """Two events about one thing contradict each other."""

    code = "ONE_CODE_BREACH"
    rule: ClassVar[str] = "one life"
    breach: ClassVar[str] = "has two lives"


class CommissionedTwice(OneCodeBreach):
    """A thing is commissioned once."""

    code = "COMMISSIONED_TWICE"
    rule = "commissioned once"
    breach = "is commissioned twice"


class UsedBeforeCommissioning(OneCodeBreach):
    """Nothing happens to a thing before it is commissioned."""

    code = "USED_BEFORE_COMMISSIONING"
    rule = "used after commissioning"
    breach = "is used before it is commissioned"


class UsedAfterDecommissioning(OneCodeBreach):
    """Nothing happens to a thing after it is decommissioned."""

    code = "USED_AFTER_DECOMMISSIONING"
    rule = "used before decommissioning"
    breach = "is used after it is decommissioned"


class InTwoContainers(OneCodeBreach):
    """A thing is in one container at a time, and in what that is in."""

    code = "IN_TWO_CONTAINERS"
    rule = "in one container at a time"
    breach = "is in two containers at the same time"


class ReceivedBeforeShipped(OneCodeBreach):
    """A thing is received after it was shipped."""

    code = "RECEIVED_BEFORE_SHIPPED"
    rule = "shipped before received"
    breach = "is received before it is shipped"


class InputTwice(OneCodeBreach):
    """A thing is used up once."""

    code = "INPUT_TWICE"
    rule = "an input once"
    breach = "is an input twice"
