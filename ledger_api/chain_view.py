"""The chain as a verifier asks for it: through the endpoints that the trust file names."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from traceability.verify.trust import Trust

if TYPE_CHECKING:
    from traceability.chain.client import ChainClient


class EndpointsView:
    """Opens no connection until it is asked; without endpoints it knows nothing."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._client: ChainClient | None = None

    def final_block_hash(self, number: int) -> bytes | None:
        """Return the hash of a final block on which the endpoints agree.

        Raises
        ------
        ChainUnavailable, ChainIdMismatch, EndpointsDisagree
        """
        if not self._trust.endpoints:
            return None
        if self._client is None:
            from traceability.chain.client import ChainClient  # noqa: PLC0415 # pinned: no wait

            self._client = ChainClient(self._trust.endpoints, chain_id=self._trust.chain_id)
        return self._client.final_block_hash(number)

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
