"""Servers for the schedules of faults, one pair for all of them in a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import servers


@pytest.fixture(scope="session")
def pair() -> Iterator[servers.Pair]:
    """A pair of servers that no other tests use: each schedule empties them."""
    with servers.embedded() as both:
        yield both
