"""The chain as a verifier asks for it: through the endpoints that the trust file names."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from traceability.chain.values import TAG, Finality
from traceability.errors import Unavailable
from traceability.verify.evidence import AnchoredHead, AnchorEvidence, check_evidence
from traceability.verify.faults import BlockNotCanonical
from traceability.verify.trust import Trust

if TYPE_CHECKING:
    from traceability.chain.client import ChainClient


class NothingFinal(Unavailable):
    """The chain is so young that no block of it is final."""

    code = "NOTHING_FINAL"


class EndpointsView:
    """Opens no connection until it is asked; without endpoints it knows nothing."""

    def __init__(self, trust: Trust, *, finality: Finality = TAG) -> None:
        self._trust = trust
        self._finality = finality
        self._client: ChainClient | None = None

    def final_block_hash(self, number: int) -> bytes | None:
        """Return the hash of a final block on which the endpoints agree.

        Raises
        ------
        ChainUnavailable, ChainIdMismatch, EndpointsDisagree
        """
        if not self._trust.endpoints:
            return None
        return self.client().final_block_hash(number)

    def client(self) -> ChainClient:
        """Return the client, opened on first use."""
        if self._client is None:
            from traceability.chain.client import ChainClient  # noqa: PLC0415 # pinned: no wait

            self._client = ChainClient(
                self._trust.endpoints,
                contract=self._trust.contract,
                chain_id=self._trust.chain_id,
                finality=self._finality,
            )
        return self._client

    def proven_head(self) -> AnchoredHead:
        """Return the contract's head in the newest final block, proven from storage."""
        number = self.client().finalized_number()
        if number < 0:
            raise NothingFinal("endpoint has no final block yet: ask again later")
        return self.head_at(number)[1]

    def head_at(self, number: int) -> tuple[AnchorEvidence, AnchoredHead]:
        """Return evidence of the contract's head in a final block, and what it proves.

        Raises
        ------
        ChainUnavailable, EvidenceUnavailable, BlockNotCanonical
        """
        evidence = self.client().evidence(self._trust.log, number)
        head = check_evidence(
            evidence,
            self._trust.log,
            contract=self._trust.contract,
            code_hash=self._trust.code_hash,
            foreign_block_numbers=self._trust.block_number == "foreign",
        )
        found = self.final_block_hash(number)
        if found != head.header_hash:
            raise BlockNotCanonical(f"endpoint shows another block {number} than the chain's")
        return evidence, head

    def __enter__(self) -> Self:
        """Begin; nothing is opened yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what was opened."""
        if self._client is not None:
            self._client.close()
