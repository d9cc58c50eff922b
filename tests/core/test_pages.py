"""Reads that may give millions of rows hold one page of them."""

from __future__ import annotations

from tbg.core.tx import Database


async def test_a_page_at_a_time(db: Database) -> None:
    async with db.transaction() as tx:
        sql = "SELECT n FROM generate_series(1, CAST(:most AS integer)) AS t (n)"
        sizes = [len(page) async for page in tx.pages(sql, most=500)]
    assert sizes == [200, 200, 100]
