"""A pool of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.ckpool.pool import Pool


@pytest.fixture
def pool(tmp_path: Path, redis_url: str) -> Pool:
    """An empty log directory, an empty Redis."""
    return Pool(tmp_path, redis_url)
