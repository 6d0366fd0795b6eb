"""Asks an application as a browser would, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import httpx
from starlette.types import ASGIApp


class Client:
    """Sends one request at a time to an application, as if it stood at a base URL."""

    def __init__(self, app: ASGIApp, *, base_url: str = "https://trace.example.cn") -> None:
        self._app = app
        self._base_url = base_url

    def get(
        self,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Return the answer to a GET."""
        return self.request("GET", address, params=params, headers=headers)

    def request(
        self,
        method: str,
        address: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Return the answer to a request; its compressed size is in `num_bytes_downloaded`."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url=self._base_url) as client:
                return await client.request(method, address, params=params, headers=headers)

        # A thread of its own: a browser that another test opened keeps a loop in this one.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, ask()).result()
