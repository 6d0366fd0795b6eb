"""The database's own errors as ours: what may be tried again, and what may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from traceability.errors import ItemProofError, Unavailable


class StoreUnavailable(Unavailable):
    """The database does not answer, is locked, or its disk is full or read-only."""

    code = "STORE_UNAVAILABLE"


class StoreFault(ItemProofError):
    """The database refused a statement that should have been accepted."""

    code = "STORE_FAULT"


@contextmanager
def translated() -> Iterator[None]:
    """Let only our own errors leave the store."""
    try:
        yield
    except DBAPIError as error:
        raise translate(error) from error
    except MultipleResultsFound as error:
        # Only where a hand has taken a table's keys away.
        raise StoreFault("store holds two rows where its keys allow one") from error
    except PoolTimeout as error:
        raise StoreUnavailable("store cannot be used now: all connections are in use") from error


@contextmanager
def set_apart(connection: Connection) -> Iterator[None]:
    """Let what fails within leave the transaction as it was: PostgreSQL ends it otherwise."""
    with translated():
        if connection.dialect.name != "postgresql":
            yield
            return
        with connection.begin_nested():
            yield


def is_of_values(error: BaseException) -> bool:
    """Tell whether a statement was refused because of a value, such as a sum too large."""
    cause = error.__cause__
    found = getattr(cause, "orig", None) or cause
    return str(getattr(found, "sqlstate", None)).startswith(_DATA)


def translate(error: DBAPIError) -> ItemProofError:
    """Return what an error of the database means to a caller."""
    return _fault(error.orig or error, may_pass=isinstance(error, OperationalError))


def translate_driver(error: Exception, driver: Any) -> ItemProofError:
    """Return what an error of a database driver means, which SQLAlchemy has not wrapped."""
    return _fault(error, may_pass=isinstance(error, driver.OperationalError))


# The class of PostgreSQL's errors that are of data ("PostgreSQL Error Codes").
_DATA = "22"
# PostgreSQL's own: after a failover to a server that only reads.
_READ_ONLY = "25006"


def _fault(error: BaseException, *, may_pass: bool) -> ItemProofError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    if may_pass or getattr(error, "sqlstate", None) == _READ_ONLY:
        return StoreUnavailable(f"store cannot be used now: {reason}")
    return StoreFault(f"store refused a statement: {reason}")
