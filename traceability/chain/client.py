"""The only way to a chain: JSON-RPC over several endpoints, none of them trusted.

Source: Ethereum JSON-RPC specification. What must be true whoever answers (a head in a final
block) is proven from storage, not believed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from web3 import HTTPProvider
from web3.exceptions import Web3Exception
from web3.types import RPCEndpoint

from traceability.chain.faults import (
    ChainIdMismatch,
    ChainUnavailable,
    EndpointsDisagree,
    RPCRefused,
)
from traceability.chain.fees import FeeMode
from traceability.chain.registry_calls import RegistryCalls
from traceability.chain.values import TAG, Finality
from traceability.chain.wire import read_quantity

DEFAULT_TIMEOUT_SECONDS = 10.0
# Failures of the transport and answers that are no JSON-RPC.
TRANSPORT_FAILURES = (requests.RequestException, OSError, ValueError, Web3Exception)
LOOPBACK = ("127.0.0.1", "localhost")


class Endpoint:
    """One JSON-RPC server, asked for its chain id before anything else."""

    def __init__(self, url: str, *, chain_id: int | None, timeout_seconds: float) -> None:
        self.place = _place(url)
        self._chain_id = chain_id
        self._is_checked = chain_id is None
        self._session = requests.Session()
        # A proxy from the environment must not stand between us and this machine.
        self._session.trust_env = self.place.partition(":")[0] not in LOOPBACK
        self._provider = HTTPProvider(
            url,
            request_kwargs={"timeout": timeout_seconds},
            session=self._session,
            exception_retry_configuration=None,
        )

    def ask(self, method: str, *params: object) -> Any:
        """Return the result of a call.

        Raises
        ------
        RPCRefused
            The endpoint answers with an error.
        ChainUnavailable
            It does not answer, or not with JSON-RPC.
        ChainIdMismatch
            It serves another chain.
        """
        if not self._is_checked:
            self._check_chain()
        try:
            return self._ask(method, params)
        except RPCRefused:
            raise
        except ChainUnavailable:
            self._is_checked = self._chain_id is None
            raise

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _check_chain(self) -> None:
        found = read_quantity(self._ask("eth_chainId", ()), "eth_chainId")
        if found != self._chain_id:
            raise ChainIdMismatch(
                f"endpoint {self.place} serves another chain: "
                f"expected id {self._chain_id}, got {found}",
                expected=str(self._chain_id),
                got=str(found),
            )
        self._is_checked = True

    def _ask(self, method: str, params: Sequence[object]) -> Any:
        try:
            response: Any = self._provider.make_request(RPCEndpoint(method), list(params))
        except TRANSPORT_FAILURES as cause:
            raise ChainUnavailable(
                f"endpoint {self.place} does not answer {method}: {type(cause).__name__}"
            ) from cause
        if not isinstance(response, dict) or not response.keys() & {"result", "error"}:
            raise ChainUnavailable(f"endpoint {self.place} answers no JSON-RPC to {method}")
        if response.get("error") is not None:
            raise RPCRefused(method, response["error"])
        return response.get("result")


class ChainClient(RegistryCalls):
    """One chain through its endpoints, and one registry on it.

    Parameters
    ----------
    rpc_urls
        HTTP(S) addresses, best first. Reads go to the first that answers; `final_block_hash`
        asks all of them.
    contract
        The registry's address; None until it is deployed.
    chain_id
        What every endpoint must serve; None takes the first one's word.
    """

    def __init__(
        self,
        rpc_urls: Sequence[str],
        *,
        contract: str | None = None,
        chain_id: int | None = None,
        fee_mode: FeeMode = FeeMode.EIP1559,
        finality: Finality = TAG,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> None:
        super().__init__(contract=contract, chain_id=chain_id, fee_mode=fee_mode, finality=finality)
        if not rpc_urls:
            raise ChainUnavailable("no endpoint configured: expected at least one RPC address")
        self._endpoints = [
            Endpoint(url, chain_id=chain_id, timeout_seconds=timeout_seconds) for url in rpc_urls
        ]
        self._current = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        for endpoint in self._endpoints:
            endpoint.close()

    def ask(self, method: str, *params: object) -> Any:
        """Return the first answer of any endpoint; each is asked once, the last good one first."""
        failures: list[ChainUnavailable] = []
        for offset in range(len(self._endpoints)):
            index = (self._current + offset) % len(self._endpoints)
            try:
                answer = self._endpoints[index].ask(method, *params)
            except RPCRefused as refused:
                if not refused.is_overload:
                    self._current = index
                    raise
                failures.append(refused)
            except ChainUnavailable as failure:
                failures.append(failure)
            else:
                self._current = index
                return answer
        told = "; ".join(str(failure) for failure in failures)
        raise ChainUnavailable(f"chain unavailable: {told}") from failures[-1]

    def final_block_hash(self, number: int) -> bytes | None:
        """Return the hash of a final block, on which all endpoints that answer agree.

        None while no endpoint calls that height final.

        Raises
        ------
        EndpointsDisagree
            Two endpoints name different blocks.
        ChainUnavailable
            No endpoint answers.
        """
        found: dict[bytes, str] = {}
        failures = []
        for endpoint in self._endpoints:
            try:
                block_hash = self.final_hash_by(endpoint.ask, number)
            except ChainUnavailable as failure:
                failures.append(failure)
                continue
            if block_hash is not None:
                found.setdefault(block_hash, endpoint.place)
        if len(found) > 1:
            told = ", ".join(f"{hash_.hex()[:16]} by {place}" for hash_, place in found.items())
            raise EndpointsDisagree(f"endpoints disagree on block {number}: {told}")
        if len(failures) == len(self._endpoints):
            raise ChainUnavailable(f"chain unavailable: {failures[0]}") from failures[0]
        return next(iter(found), None)


def _place(url: str) -> str:
    """Return host and port only: the rest of an RPC address may hold a secret."""
    try:
        parts = urlsplit(url)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return "unnamed"
    return f"{parts.hostname or 'unnamed'}{port}"
