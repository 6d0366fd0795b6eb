"""The only way to a chain: JSON-RPC over several endpoints, none of them trusted.

Source: Ethereum JSON-RPC specification. What must be true whoever answers (a head in a final
block) is proven from storage, not believed here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import requests

from traceability.chain.agreement import Vote, agreed, told
from traceability.chain.backoff import Jitter, Rest, read_retry_after, system_jitter
from traceability.chain.faults import (
    ChainIdMismatch,
    ChainTimeout,
    ChainUnavailable,
    ContractMismatch,
    EndpointsDisagree,
    RateLimited,
    RPCRefused,
    is_verdict,
)
from traceability.chain.fees import FeeMode
from traceability.chain.json_rpc import JSONRPC
from traceability.chain.node_calls import Ask
from traceability.chain.registry_calls import RegistryCalls
from traceability.chain.values import TAG, Finality
from traceability.chain.wire import read_quantity
from traceability.errors import ItemProofError, Refused
from traceability.hashing.keccak import keccak256
from traceability.watching import WatchedSession

logger = logging.getLogger(__name__)

T = TypeVar("T", bound=Hashable)
DEFAULT_TIMEOUT_SECONDS = 10.0
# Failures of the transport and answers that are no JSON-RPC.
TRANSPORT_FAILURES = (requests.RequestException, OSError, ValueError)
TOO_MANY_REQUESTS, SERVICE_UNAVAILABLE = 429, 503


class Endpoint:
    """One JSON-RPC server, asked for its chain id before anything else."""

    def __init__(
        self,
        url: str,
        *,
        chain_id: int | None,
        timeout_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        jitter: Jitter = system_jitter,
    ) -> None:
        self.place = _place(url)
        self._chain_id = chain_id
        self._is_checked = chain_id is None
        self._clock = clock
        self._rest = Rest(jitter=jitter)
        self._session = WatchedSession(url, grace_seconds=timeout_seconds)
        self._rpc = JSONRPC(url, self._session, timeout_seconds=timeout_seconds)

    @property
    def is_resting(self) -> bool:
        """Whether it failed a moment ago, so that others are asked first."""
        return self._rest.remaining(self._clock()) > 0

    def ask(self, method: str, *params: object) -> Any:
        """Return the result of a call.

        Raises
        ------
        RPCRefused
            The endpoint answers with an error.
        RateLimited
            It has asked to be left alone; until then nothing is sent to it.
        ChainTimeout, ChainUnavailable
            It does not answer, in time or with JSON-RPC.
        ChainIdMismatch
            It serves another chain.
        """
        if self._rest.is_limited and self.is_resting:
            raise self._limited(method)
        try:
            if not self._is_checked:
                self._check_chain()
            answer = self._ask(method, params)
        except (RPCRefused, RateLimited):
            raise
        except ChainUnavailable:
            self._is_checked = self._chain_id is None
            self._rest.failed(self._clock())
            raise
        self._rest.succeeded()
        return answer

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
            response: Any = self._rpc.call(method, params)
        except TRANSPORT_FAILURES as cause:
            raise self._transport_fault(method, cause) from cause
        if not isinstance(response, dict) or not response.keys() & {"result", "error"}:
            raise ChainUnavailable(f"endpoint {self.place} answers no JSON-RPC to {method}")
        if response.get("error") is not None:
            refused = RPCRefused(method, response["error"])
            if refused.is_overload:
                self._rest.limited(self._clock(), retry_after=None)
                raise self._limited(method, word=refused.message) from refused
            raise refused
        return response.get("result")

    def _transport_fault(self, method: str, cause: Exception) -> ChainUnavailable:
        response = getattr(cause, "response", None)
        if response is not None:
            header = response.headers.get("Retry-After")
            status = response.status_code
            if status == TOO_MANY_REQUESTS or (status == SERVICE_UNAVAILABLE and header):
                seconds = read_retry_after(header, datetime.now(UTC))
                self._rest.limited(self._clock(), retry_after=seconds)
                return self._limited(method)
        fault = f"endpoint {self.place} does not answer {method}: {type(cause).__name__}"
        is_late = isinstance(cause, requests.Timeout | TimeoutError)
        return ChainTimeout(fault) if is_late else ChainUnavailable(fault)

    def _limited(self, method: str, *, word: str = "too many requests") -> RateLimited:
        seconds = self._rest.remaining(self._clock())
        logger.info("chain.rate_limited endpoint=%s seconds=%.1f", self.place, seconds)
        return RateLimited(
            f"endpoint {self.place} takes {method} only in {seconds:.0f} seconds: it says {word!r}",
            retry_after_seconds=seconds,
        )


class ChainClient(RegistryCalls):
    """One chain through its endpoints, and one registry on it.

    Parameters
    ----------
    rpc_urls
        HTTP(S) addresses, best first. What is checked here anyway is asked of the first that
        answers; what has to be believed (`agreed`, `final_block_hash`) of all of them.
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
        clock: Callable[[], float] = time.monotonic,
        jitter: Jitter = system_jitter,
    ) -> None:
        super().__init__(contract=contract, chain_id=chain_id, fee_mode=fee_mode, finality=finality)
        if not rpc_urls:
            raise ChainUnavailable("no endpoint configured: expected at least one RPC address")
        self._endpoints = [
            Endpoint(
                url,
                chain_id=chain_id,
                timeout_seconds=timeout_seconds,
                clock=clock,
                jitter=jitter,
            )
            for url in rpc_urls
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
        """Return the first answer of any endpoint.

        Each is asked once: the last good one first, those that failed a moment ago last.
        """
        failures: list[ChainUnavailable] = []
        for endpoint in self._in_order():
            try:
                answer = endpoint.ask(method, *params)
            except RPCRefused:
                self._current = self._endpoints.index(endpoint)
                raise
            except ChainUnavailable as failure:
                failures.append(failure)
            else:
                self._current = self._endpoints.index(endpoint)
                return answer
        raise _none_answers(failures)

    def agreed(self, subject: str, read: Callable[[Ask], T], *, abstains: bool = False) -> T | None:
        """Return what most of the endpoints that answer say; one endpoint's word if it is alone.

        Raises
        ------
        EndpointsDisagree
            No answer has more than half of the votes.
        ChainUnavailable
            No endpoint answers.
        """
        if len(self._endpoints) == 1:
            return read(self.ask)
        return agreed(self._votes(read), subject, abstains=abstains)

    def send_raw(self, raw: bytes) -> bytes:
        """Send signed bytes to every endpoint: one that swallows them cannot hold them up."""
        if len(self._endpoints) == 1:
            return super().send_raw(raw)
        faults: list[ItemProofError] = []
        for endpoint in self._endpoints:
            try:
                self.send_by(endpoint.ask, raw)
            except (ChainUnavailable, Refused) as fault:
                faults.append(fault)
        if len(faults) == len(self._endpoints):
            raise next((fault for fault in faults if is_verdict(fault)), faults[0])
        return keccak256(raw)

    def final_block_hash(self, number: int, *, least: int = 1) -> bytes | None:
        """Return the hash of a final block, on which the endpoints that answer agree.

        None while no more than half of them call that height final, or fewer than `least`.

        Raises
        ------
        EndpointsDisagree
            Two endpoints name different blocks.
        ChainUnavailable
            No endpoint answers.
        """
        votes = self._votes(lambda ask: self.final_hash_by(ask, number))
        seen = [vote for vote in votes if vote.said is not None]
        if len({vote.said for vote in seen}) > 1:
            fault = f"endpoints disagree on block {number}: {told(seen)}"
            logger.warning("chain.endpoints_disagree subject=finality %s", fault)
            raise EndpointsDisagree(fault)
        if not seen or len(seen) < least:
            return None
        return agreed(votes, f"finality of block {number}")

    def _votes(self, read: Callable[[Ask], T | None]) -> list[Vote[T | None]]:
        """Ask every endpoint, but for those that failed a moment ago while others answer."""
        votes: list[Vote[T | None]] = []
        failures: list[ChainUnavailable] = []
        for endpoint in self._in_order():
            if votes and endpoint.is_resting:
                continue
            try:
                votes.append(Vote(endpoint.place, read(endpoint.ask)))
            except ContractMismatch as mismatch:
                votes.append(Vote(endpoint.place, mismatch))
            except ChainUnavailable as failure:
                failures.append(failure)
        if not votes:
            raise _none_answers(failures)
        return votes

    def _in_order(self) -> list[Endpoint]:
        turned = self._endpoints[self._current :] + self._endpoints[: self._current]
        return sorted(turned, key=lambda endpoint: endpoint.is_resting)


def _none_answers(failures: Sequence[ChainUnavailable]) -> ChainUnavailable:
    """Return one fault for those of all endpoints."""
    fault = f"chain unavailable: {'; '.join(str(failure) for failure in failures)}"
    limits = [failure for failure in failures if isinstance(failure, RateLimited)]
    found: ChainUnavailable
    if len(limits) == len(failures):
        soonest = min(failure.retry_after_seconds for failure in limits)
        found = RateLimited(fault, retry_after_seconds=soonest)
    elif all(isinstance(failure, ChainTimeout) for failure in failures):
        found = ChainTimeout(fault)
    elif all(isinstance(failure, RPCRefused) for failure in failures):
        return failures[0]
    else:
        found = ChainUnavailable(fault)
    found.__cause__ = failures[-1]
    return found


def _place(url: str) -> str:
    """Return host and port only: the rest of an RPC address may hold a secret."""
    try:
        parts = urlsplit(url)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return "unnamed"
    return f"{parts.hostname or 'unnamed'}{port}"
