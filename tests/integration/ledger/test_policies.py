"""Disclosure policies in a ledger: recorded, in force, one after another, erased, rebuilt."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text, update

from tests.support.disclosure import PARTNER_GLN, policy, put, rule, submit
from tests.support.ledger import GTIN, add_participant, event
from traceability.ledger.audit.audit import audit
from traceability.ledger.disclosure_policy import DisclosurePolicyInvalid
from traceability.ledger.lookup import CodeUnknown
from traceability.ledger.node import Node
from traceability.ledger.partners import PUBLIC, Asker, NotAPartner
from traceability.ledger.policies import (
    DisclosurePolicyVersion,
    policy_history,
    policy_in_force,
)
from traceability.ledger.policy_setting import set_policy
from traceability.ledger.trust import trust_of
from traceability.store.tables import POLICY_TYPE, records
from traceability.verify.bundle import PartialDisclosure
from traceability.verify.verifier import verify_bundle

CODE = f"https://id.gs1.org/01/{GTIN}/21/S0"
PLACE = {"id": "https://id.gs1.org/414/9521234567899"}
NI = "ni:///sha-256;" + "ab" * 32 + "?ver=CBV2.0"


def shown(node: Node, audience: Any, *, asker: Asker | None = None, code: str = CODE) -> set[str]:
    """Return the names of the members that an audience is shown, in a bundle that verifies."""
    asked = {} if asker is None else {"asker": asker}
    bundle = node.prove(code, audience=audience, **asked)
    report = verify_bundle(bundle.to_bytes(), trust_of(node.store, node.identity), accept="logged")
    assert report.verified, report.to_json()
    return {str(one.path[0]) for one in bundle.record.fields.fields if one.path}


class TestInForce:
    def test_without_a_policy_the_public_sees_the_code_alone(self, node: Node) -> None:
        submit(node, add_participant(node), event(readPoint=PLACE))
        assert shown(node, "public") == {"epcList"}

    def test_the_newest_logged_version_applies(self, node: Node) -> None:
        owner = add_participant(node)
        submit(node, owner, event(readPoint=PLACE))
        put(node, owner, policy(events=rule(["readPoint"])))
        assert shown(node, "public") == {"epcList", "readPoint"}
        put(node, owner, policy(2))
        assert shown(node, "public") == {"epcList"}

    def test_not_before_it_is_logged(self, node: Node) -> None:
        owner = add_participant(node)
        submit(node, owner, event(readPoint=PLACE))
        set_policy(node, owner, policy(events=rule(["readPoint"])))
        assert shown(node, "public") == {"epcList"}
        node.sequencer.run(close=True)
        assert shown(node, "public") == {"epcList", "readPoint"}

    def test_it_applies_however_many_wait_to_be_logged(self, node: Node) -> None:
        owner = add_participant(node)
        submit(node, owner, event(readPoint=PLACE))
        put(node, owner, policy(events=rule(["readPoint"])))
        for version in range(2, 20):
            set_policy(node, owner, policy(version))
        assert shown(node, "public") == {"epcList", "readPoint"}

    def test_of_another_participant_does_not_apply(self, node: Node) -> None:
        submit(node, add_participant(node), event(readPoint=PLACE))
        put(node, add_participant(node), policy(events=rule("all")))
        assert shown(node, "public") == {"epcList"}

    def test_nothing_is_open_where_the_newest_was_erased(self, node: Node) -> None:
        owner = add_participant(node)
        submit(node, owner, event(readPoint=PLACE))
        put(node, owner, policy(events=rule("all", "all")))
        with node.store.engine.begin() as connection:
            is_policy = records.c.media_type == POLICY_TYPE
            connection.execute(update(records).where(is_policy).values(payload=None, secret=None))
        assert shown(node, "public") == {"epcList"}
        assert shown(node, "partner") == {"epcList"}
        assert shown(node, "auditor") == {"epcList", "readPoint", "@context"}


class TestSetting:
    def test_versions_follow_one_another_and_all_are_kept(self, node: Node) -> None:
        owner = add_participant(node)
        put(node, owner, policy())
        with pytest.raises(DisclosurePolicyVersion, match="expected 2, got 1"):
            set_policy(node, owner, policy())
        with pytest.raises(DisclosurePolicyVersion, match="expected 2, got 3"):
            set_policy(node, owner, policy(3))
        put(node, owner, policy(2, partners=[PARTNER_GLN]))
        with node.store.reading() as repositories:
            history = policy_history(repositories, owner)
            versions = [one.policy.version for one in history if one.policy]
            assert policy_in_force(repositories, owner).partners == {PARTNER_GLN}
        assert versions == [2, 1]

    def test_a_malformed_one_leaves_nothing(self, node: Node) -> None:
        owner = add_participant(node)
        with pytest.raises(DisclosurePolicyInvalid):
            set_policy(node, owner, policy(events={"Event": {}}))
        with node.store.reading() as repositories:
            assert policy_history(repositories, owner) == []

    def test_is_a_record_that_can_be_proven_and_audited(self, node: Node) -> None:
        owner = add_participant(node)
        put(node, owner, policy(partners=[PARTNER_GLN]))
        with node.store.reading() as repositories:
            name = policy_history(repositories, owner)[0].record
        assert shown(node, "auditor", code=name) == {"format", "version", "partners"}
        assert audit(node.store, second_place=node.second_place).ok

    def test_is_found_by_its_index(self, node: Node) -> None:
        if node.store.engine.dialect.name != "sqlite":
            return self._check_postgresql(node)
        owner = add_participant(node)
        with node.store.reading() as repositories:
            repositories.policies.of(owner, limit=1)
            plan = repositories.connection.execute(
                text(
                    "EXPLAIN QUERY PLAN SELECT payload FROM records "
                    f"WHERE media_type = '{POLICY_TYPE}'"
                )
            ).all()
        assert "ix_records_policies" in str(plan)
        return None

    def _check_postgresql(self, node: Node) -> None:
        with node.store.reading() as repositories:
            found = repositories.connection.execute(
                text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_records_policies'")
            ).scalar_one()
        assert POLICY_TYPE in found


class TestPartners:
    @pytest.mark.parametrize(
        "named",
        [
            {"destinationList": [{"type": "owning_party", "destination": "GLN"}]},
            {"sourceList": [{"type": "possessing_party", "source": "GLN"}]},
            {
                "bizTransactionList": [
                    {"type": "po", "bizTransaction": f"urn:epcglobal:cbv:bt:{PARTNER_GLN}:PO-7"}
                ]
            },
        ],
    )
    def test_whom_the_event_names(self, node: Node, named: dict[str, Any]) -> None:
        owner = add_participant(node)
        partner = Asker(add_participant(node, gln=PARTNER_GLN))
        stranger = Asker(add_participant(node, gln="9521234500018"))
        uri = f"https://id.gs1.org/417/{PARTNER_GLN}"
        value = {
            name: [{key: uri if part == "GLN" else part for key, part in parts[0].items()}]
            for name, parts in named.items()
        }
        submit(node, owner, event(readPoint=PLACE, **value))
        assert "readPoint" in shown(node, "partner", asker=partner)
        with pytest.raises(NotAPartner):
            shown(node, "partner", asker=stranger)

    def test_whom_the_policy_names(self, node: Node) -> None:
        owner = add_participant(node)
        partner = Asker(add_participant(node, gln=PARTNER_GLN))
        submit(node, owner, event(readPoint=PLACE))
        with pytest.raises(NotAPartner):
            shown(node, "partner", asker=partner)
        put(node, owner, policy(partners=[PARTNER_GLN]))
        assert "readPoint" in shown(node, "partner", asker=partner)

    def test_the_owner_itself(self, node: Node) -> None:
        owner = add_participant(node)
        submit(node, owner, event(readPoint=PLACE))
        assert "readPoint" in shown(node, "partner", asker=Asker(owner))

    def test_nobody_who_has_no_gln(self, node: Node) -> None:
        submit(node, add_participant(node), event())
        with pytest.raises(NotAPartner):
            shown(node, "partner", asker=Asker(add_participant(node)))

    def test_the_public_is_none(self, node: Node) -> None:
        submit(node, add_participant(node), event())
        with pytest.raises(NotAPartner):
            shown(node, "partner", asker=PUBLIC)


class TestHashesAsNames:
    """Whoever guesses an event can make its `ni:` hash; nobody confirms the guess."""

    def test_find_nothing_for_others(self, node: Node) -> None:
        owner = add_participant(node)
        other = add_participant(node, gln=PARTNER_GLN)
        submit(node, owner, event(eventID=NI))
        for asker in (PUBLIC, Asker(other)):
            with pytest.raises(CodeUnknown) as guessed:
                node.prove(NI, audience="public", asker=asker)
            with pytest.raises(CodeUnknown) as missed:
                node.prove(NI.replace("ab", "cd"), audience="public", asker=asker)
            assert str(guessed.value).replace("ab", "cd") == str(missed.value)

    def test_find_ones_own_and_everything_for_auditors(self, node: Node) -> None:
        owner = add_participant(node)
        submit(node, owner, event(eventID=NI))
        assert shown(node, "partner", asker=Asker(owner), code=NI)
        assert "eventID" in shown(node, "auditor", code=NI)

    def test_another_event_id_is_a_name_for_everybody(self, node: Node) -> None:
        submit(
            node,
            add_participant(node),
            event(eventID="urn:uuid:1f0c1f0c-0000-4000-8000-1f0c1f0c1f0c"),
        )
        found = node.prove(
            "urn:uuid:1f0c1f0c-0000-4000-8000-1f0c1f0c1f0c", audience="public", asker=PUBLIC
        )
        assert isinstance(found.record.fields, PartialDisclosure)
