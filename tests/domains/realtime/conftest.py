"""A server on a real port, and a socket to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect

from tests.api import served


@pytest.fixture
async def host(app: FastAPI) -> AsyncIterator[str]:
    async with served(app) as host:
        yield host


@pytest.fixture
async def socket(host: str) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://{host}/ws") as socket:
        yield socket
