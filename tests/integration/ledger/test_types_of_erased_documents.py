"""The migration after which every document has a committed type, or none."""

from __future__ import annotations

from alembic import command
from sqlalchemy import select, text, update

from tests.support.disclosure import policy, put
from tests.support.ledger import add_participant
from traceability.hashing.statement import Erasure
from traceability.ledger.disclosure_policy import CLOSED_POLICY
from traceability.ledger.documents import Document, submit_documents
from traceability.ledger.node import Node
from traceability.ledger.policies import policy_in_force
from traceability.ledger.statuses import Declaration
from traceability.store.migrate import alembic_config, upgrade
from traceability.store.tables import POLICY_TYPE, records

BEFORE = "0010"


def types(node: Node) -> list[str | None]:
    with node.store.engine.connect() as connection:
        query = select(records.c.media_type).order_by(records.c.batch)
        return list(connection.execute(query).scalars())


def test_what_was_erased_without_its_header_loses_its_type(node: Node) -> None:
    """A policy that is there, one that was erased before headers were kept, one erased since."""
    owner = add_participant(node)
    put(node, owner, policy())
    put(node, owner, policy(2))
    plain = submit_documents(node, [Document("text/plain", {"a": 1})], participant=owner)
    why = Erasure(bytes(16), "other")
    node.erasures.erase([Declaration(plain.entry_hash, ((0, 0),), "erased", "other", erasure=why)])
    node.sequencer.run(close=True)
    second = records.c.batch == 2
    with node.store.engine.begin() as connection:
        connection.execute(update(records).where(second).values(payload=None, secret=None))
    engine = node.store.engine
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        command.downgrade(alembic_config(connection), BEFORE)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [
            (BEFORE,)
        ]
    assert types(node) == [POLICY_TYPE, POLICY_TYPE, "text/plain"]
    upgrade(engine)
    assert types(node) == [POLICY_TYPE, None, "text/plain"]
    with node.store.reading() as repositories:
        assert policy_in_force(repositories, owner) == CLOSED_POLICY
