"""A batch of mining facts → workers, raw shares, blocks, and the queue the rollups read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import nlargest
from typing import Any, NamedTuple, TypeVar

from tbg.adapters.streams import (
    Batch,
    BestDiff,
    BlockFound,
    Connection,
    Fact,
    Share,
    worker_key,
)
from tbg.core import limits
from tbg.core.frames import Frame
from tbg.core.tx import Tx
from tbg.domains.mining.actions.workers import OTHERS, beyond_bound
from tbg.domains.mining.events import BlockRecorded
from tbg.domains.mining.schemas import ShareSubmittedData, StatsUpdateData, WorkerStatusData

_AnyFact = TypeVar("_AnyFact", Share, BestDiff, BlockFound, Connection)

BEST_ONLY = 2
"""Kinds of rows in the rollup queue: 1 accepted, 0 rejected, 2 a difficulty that the pool
reports."""


async def record(tx: Tx, batch: Batch) -> Batch:
    """Write everything that was mined; the batch with its workers and the blocks backed only now.

    Its shares are sorted as the table is, so that neighbours are written together.
    """
    users_of = batch.users
    batch, known, agents = await _meet_workers(tx, batch)
    shares = sorted(batch.shares, key=lambda share: (users_of[share.address], share.at))
    batch = replace(batch, shares=tuple(shares))
    facts: list[Share | BestDiff] = [*batch.shares, *batch.bests]
    if facts:
        keys = [_key_of(batch, fact) for fact in facts]
        users = [user for user, _ in keys]
        workers = [batch.workers[key] for key in keys]
        await _write_shares(tx, batch.shares, users, workers)
        await _queue_for_rollups(tx, batch, users, workers)
    if batch.blocks:
        batch = replace(batch, blocks=await _write_blocks(tx, batch))
    _show(tx, batch, known)
    if batch.connections or agents:
        await _note_workers(tx, batch, agents)
    return batch


def worker_of(batch: Batch, fact: Fact) -> int:
    """The worker id of a fact."""
    return batch.workers[_key_of(batch, fact)]


def _owned_worker(batch: Batch, fact: Fact) -> tuple[int, int]:
    """The user and the worker of a fact, as the table's key has them."""
    user, name = _key_of(batch, fact)
    return user, batch.workers[user, name]


def _key_of(batch: Batch, fact: Fact) -> tuple[int, str]:
    return batch.users[fact.address], worker_key(fact.worker)


class _Known(NamedTuple):
    """A worker before the batch: what its miner called itself last, when it left if it did."""

    id: int
    agent: str | None
    left_at: datetime | None


async def _meet_workers(
    tx: Tx, batch: Batch
) -> tuple[Batch, dict[tuple[int, str], _Known], dict[tuple[int, int], str]]:
    """Find or create all workers of the batch: the batch with them, those that existed, and the
    changed agents, by user and worker.
    """
    first: dict[tuple[int, str], Fact] = {}
    agents: dict[tuple[int, str], Share | Connection] = {}
    for fact in batch.mined():
        key = _key_of(batch, fact)
        earliest = first.get(key)
        if earliest is None or fact.at < earliest.at:
            first[key] = fact
        if isinstance(fact, Share | Connection) and fact.agent:
            agents[key] = fact
    keys = sorted(first)
    known = await _known_workers(tx, keys)
    workers = {key: worker.id for key, worker in known.items()}
    news: dict[tuple[int, int], str] = {}
    for key, told in agents.items():
        before = known.get(key)
        # An old agent is not the current one.
        is_old = before is None or (before.agent and told.history)
        if before and told.agent and before.agent != told.agent and not is_old:
            news[key[0], before.id] = told.agent
    unknown = [key for key in keys if key not in known]
    if not unknown:
        return replace(batch, workers=workers), known, news
    if surplus := await beyond_bound(tx, unknown):
        return await _meet_workers(tx, _as_others(batch, surplus))
    facts = [first[key] for key in unknown]
    added = await tx.rows(
        """
        INSERT INTO workers (user_id, name_key, name, agent, source, first_seen, last_seen)
        SELECT user_id, name_key, name, agent, source, at, at FROM unnest(:users ::bigint[],
            :keys ::text[], :names ::text[], :agents ::text[], :sources ::text[],
            :ats ::timestamptz[]) AS t (user_id, name_key, name, agent, source, at)
        ON CONFLICT DO NOTHING RETURNING user_id, name_key, id
        """,
        users=[user for user, _ in unknown],
        keys=[name for _, name in unknown],
        names=[fact.worker for fact in facts],
        agents=[agents[key].agent if key in agents else None for key in unknown],
        sources=[fact.source for fact in facts],
        ats=[fact.at for fact in facts],
    )
    workers |= {(row.user_id, row.name_key): row.id for row in added}
    late = [key for key in unknown if key not in workers]
    if late:
        met = await _known_workers(tx, late)
        workers |= {key: worker.id for key, worker in met.items()}
    return replace(batch, workers=workers), known, news


def _as_others(batch: Batch, surplus: set[tuple[int, str]]) -> Batch:
    """The batch with the facts of these workers as those of the one that stands for them."""

    def renamed(facts: Iterable[_AnyFact]) -> tuple[_AnyFact, ...]:
        return tuple(
            fact._replace(worker=OTHERS) if _key_of(batch, fact) in surplus else fact
            for fact in facts
        )

    return replace(
        batch,
        shares=renamed(batch.shares),
        bests=renamed(batch.bests),
        blocks=renamed(batch.blocks),
        connections=renamed(batch.connections),
    )


async def _known_workers(tx: Tx, keys: list[tuple[int, str]]) -> dict[tuple[int, str], _Known]:
    """Those of these workers that there are."""
    rows = await tx.rows(
        """
        SELECT w.user_id, w.name_key, w.id, w.agent,
            CASE WHEN w.connected THEN NULL ELSE w.connected_at END AS left_at FROM workers w
        JOIN unnest(:users ::bigint[], :names ::text[]) AS t (user_id, name_key)
            USING (user_id, name_key)
        """,
        users=[user for user, _ in keys],
        names=[name for _, name in keys],
    )
    return {(user, name): _Known(*rest) for user, name, *rest in rows}


_SHARE_COLUMNS = (
    "user_id", "at", "id", "worker_id", "diff", "sdiff", "accepted", "errn", "reject_reason",
    "height", "workinfoid", "hash", "source",
)  # fmt: skip


async def _write_shares(
    tx: Tx, shares: Sequence[Share], users: list[int], workers: list[int]
) -> None:
    oldest = tx.now - limits.RAW_SHARE_AGE
    rows = [
        (
            user,
            share.at,
            share.key,
            worker,
            share.diff,
            share.sdiff,
            share.accepted,
            share.errn,
            share.reject_reason,
            share.height,
            share.workinfoid,
            share.hash,
            share.source,
        )
        for share, user, worker in zip(shares, users, workers, strict=False)
        if share.at >= oldest
    ]
    if rows:
        await tx.copy("shares", rows, columns=_SHARE_COLUMNS)


async def _queue_for_rollups(tx: Tx, batch: Batch, users: list[int], workers: list[int]) -> None:
    """Leave the batch's shares and bests, in this order, for the next roll-up."""
    facts: list[Share | BestDiff] = [*batch.shares, *batch.bests]
    await tx.run(
        """
        INSERT INTO rollup_queue (created_at, user_ids, worker_ids, ats, share_ids, diffs,
            sdiffs, kinds, errns)
        VALUES (:now, :users, :workers, :ats, :ids, :diffs, :sdiffs, :kinds, :errns)
        """,
        now=tx.now,
        users=users,
        workers=workers,
        # As seconds since 1970: exact to the microsecond, and a fraction of the cost to send.
        ats=[fact.at.timestamp() for fact in facts],
        ids=[fact.key for fact in facts],
        diffs=[s.diff for s in batch.shares] + [0.0] * len(batch.bests),
        sdiffs=[fact.sdiff for fact in facts],
        kinds=[int(s.accepted) for s in batch.shares] + [BEST_ONLY] * len(batch.bests),
        errns=[-1 if s.errn is None else s.errn for s in batch.shares] + [-1] * len(batch.bests),
    )


async def _write_blocks(tx: Tx, batch: Batch) -> tuple[BlockFound, ...]:
    """Record reports, announce the blocks that are backed only now; these."""
    reports = await _within_bound(tx, batch, _once(batch, batch.blocks))
    await tx.run(
        """
        INSERT INTO blocks (hash, height, user_id, worker_id, found_at, sdiff, reward_sats, source)
        SELECT * FROM unnest(:hashes ::text[], :heights ::integer[], :users ::bigint[],
            :workers ::bigint[], :ats ::timestamptz[], :sdiffs ::float8[], :rewards ::bigint[],
            :sources ::text[])
        ON CONFLICT DO NOTHING
        """,
        **_columns(batch, reports),
    )
    backed = _once(batch, [block for block in batch.blocks if block.backed])
    confirmed = await _confirm(tx, batch, backed)
    for block in confirmed:
        if not block.history:
            tx.announce(
                BlockRecorded(
                    user_id=batch.users[block.address],
                    worker=block.worker,
                    height=block.height,
                    hash=block.hash,
                    sdiff=block.sdiff,
                    reward_sats=block.reward_sats,
                    found_at=block.at,
                )
            )
    return tuple(confirmed)


REPORTED_BLOCKS = 100
"""Blocks of one user that only ckpool.log reports: nobody finds so many, and its lines can be
forged. A block that is confirmed is always kept."""


async def _within_bound(tx: Tx, batch: Batch, reports: list[BlockFound]) -> list[BlockFound]:
    """The reports without those that nothing backs of users who have too many such already."""
    counts: Counter[int] = Counter()
    unbacked = {batch.users[block.address] for block in reports if not block.backed}
    if unbacked:
        rows = await tx.rows(
            """
            SELECT user_id, count(*) AS n FROM blocks
            WHERE user_id = ANY(:users ::bigint[]) AND confirmed_by IS NULL GROUP BY user_id
            """,
            users=sorted(unbacked),
        )
        counts.update({row.user_id: row.n for row in rows})
    kept = []
    for block in reports:
        user = batch.users[block.address]
        counts[user] += not block.backed
        if block.backed or counts[user] <= REPORTED_BLOCKS:
            kept.append(block)
    return kept


async def _confirm(tx: Tx, batch: Batch, backed: list[BlockFound]) -> list[BlockFound]:
    """Confirm blocks on the pool's word; those that were not confirmed before."""
    rows = await tx.rows(
        """
        UPDATE blocks b SET confirmed_by = 'pool', height = t.height, worker_id = t.worker_id,
            found_at = t.found_at, sdiff = t.sdiff, source = t.source,
            reward_sats = COALESCE(t.reward_sats, b.reward_sats)
        FROM (SELECT x.* FROM unnest(:hashes ::text[], :heights ::integer[], :users ::bigint[],
                :workers ::bigint[], :ats ::timestamptz[], :sdiffs ::float8[],
                :rewards ::bigint[], :sources ::text[])
                AS x (hash, height, user_id, worker_id, found_at, sdiff, reward_sats, source)
            JOIN blocks USING (user_id, hash) ORDER BY user_id, hash FOR UPDATE OF blocks) t
        WHERE b.user_id = t.user_id AND b.hash = t.hash AND b.confirmed_by IS NULL
        RETURNING b.user_id, b.hash
        """,
        **_columns(batch, backed),
    )
    new = {(row.user_id, row.hash) for row in rows}
    return [block for block in backed if (batch.users[block.address], block.hash) in new]


def _once(batch: Batch, blocks: Iterable[BlockFound]) -> list[BlockFound]:
    """The earliest telling of each block of each user, in the order of the table."""
    first = {
        (batch.users[block.address], block.hash): block
        for block in sorted(blocks, key=lambda b: (b.at, b.source), reverse=True)
    }
    return [first[key] for key in sorted(first)]


def _columns(batch: Batch, blocks: list[BlockFound]) -> dict[str, list[Any]]:
    return {
        "hashes": [block.hash for block in blocks],
        "heights": [block.height for block in blocks],
        "users": [batch.users[block.address] for block in blocks],
        "workers": [worker_of(batch, block) for block in blocks],
        "ats": [block.at for block in blocks],
        "sdiffs": [block.sdiff for block in blocks],
        "rewards": [block.reward_sats for block in blocks],
        "sources": [block.source for block in blocks],
    }


async def _note_workers(tx: Tx, batch: Batch, agents: dict[tuple[int, int], str]) -> None:
    """Since when workers are connected, and their current `agents`, by worker."""
    last: dict[tuple[int, int], Connection] = {}
    for fact in sorted(batch.connections, key=lambda c: (c.at, c.connected)):
        last[_owned_worker(batch, fact)] = fact
    workers = sorted({*last, *agents})
    news = [last.get(worker) for worker in workers]
    rows = await tx.rows(
        """
        UPDATE workers w SET agent = COALESCE(t.agent, w.agent),
            connected = CASE WHEN t.at >= COALESCE(w.connected_at, t.at) THEN t.connected
                ELSE w.connected END,
            connected_at = GREATEST(w.connected_at, t.at)
        FROM (SELECT x.* FROM unnest(:users ::bigint[], :ids ::bigint[], :connected ::bool[],
                :ats ::timestamptz[], :agents ::text[]) AS x (user_id, id, connected, at, agent)
            JOIN workers USING (user_id, id) ORDER BY user_id, id FOR UPDATE OF workers) t
        WHERE w.user_id = t.user_id AND w.id = t.id
        RETURNING w.user_id, w.id, w.name, w.agent, w.last_seen, w.connected, w.connected_at
        """,
        users=[user for user, _ in workers],
        ids=[id_ for _, id_ in workers],
        connected=[fact.connected if fact else None for fact in news],
        ats=[fact.at if fact else None for fact in news],
        agents=[agents.get(worker) for worker in workers],
    )
    _show_connections(tx, batch, last, {(row.user_id, row.id): row for row in rows})


def _show_connections(
    tx: Tx, batch: Batch, last: dict[tuple[int, int], Connection], rows: dict[tuple[int, int], Any]
) -> None:
    """Show whether workers that came or went are online now."""
    since = tx.now - limits.HISTORY_AFTER
    shown = [(key, fact) for key, fact in last.items() if not fact.history and fact.at >= since]
    del shown[limits.FRAMES_PER_BATCH :]
    seen = {key: rows[key].last_seen for key, _ in shown}
    for share in batch.shares if shown else ():  # their last ones may wait for the next roll-up
        key = _owned_worker(batch, share)
        if key in seen:
            seen[key] = max(seen[key], share.at)
    for key, fact in shown:
        row, last_seen = rows[key], seen[key]
        lately = last_seen >= tx.now - limits.WORKER_ONLINE
        status = WorkerStatusData(
            worker=row.name,
            online=lately and (row.connected or last_seen > row.connected_at),
            agent=row.agent,
            last_seen=last_seen,
        )
        tx.show(Frame(f"miner:{fact.address}", status))


def _show(tx: Tx, batch: Batch, known: dict[tuple[int, str], _Known]) -> None:
    """Live updates: the pool's sums, and what each worker sent."""
    recent = tx.now - limits.HISTORY_AFTER
    live = [s for s in batch.shares if not s.history and s.at >= recent]
    if live:
        tx.show(Frame("pool", _sums(live)))
    groups: dict[tuple[str, str, bool, int], list[Share]] = defaultdict(list)
    for share in live:
        key = (share.address, share.worker, share.accepted, share.at.toordinal())
        groups[key].append(share)
    shown = [(max(group, key=_by_sdiff), group) for group in groups.values()]
    for best, group in nlargest(limits.FRAMES_PER_BATCH, shown, key=lambda one: one[0].sdiff):
        worker = known.get(_key_of(batch, best))
        left_at = worker.left_at if worker else None
        data = _share_submitted(best, group, left_at=left_at, now=tx.now)
        tx.show(Frame(f"miner:{best.address}", data))


def _by_sdiff(share: Share) -> float:
    return share.sdiff


def _share_submitted(
    best: Share, group: Sequence[Share], *, left_at: datetime | None, now: datetime
) -> ShareSubmittedData:
    last = max(group, key=lambda share: share.at)
    lately = last.at >= now - limits.WORKER_ONLINE
    return ShareSubmittedData(
        worker=best.worker,
        agent=next((share.agent for share in reversed(group) if share.agent), None),
        diff=best.diff,
        sdiff=best.sdiff,
        accepted=best.accepted,
        count=len(group),
        work=sum(share.diff for share in group),
        at=best.at,
        last_at=last.at,
        online=lately and (left_at is None or last.at > left_at),
        share_id=best.key,
    )


def _sums(shares: Iterable[Share]) -> StatsUpdateData:
    accepted = [share.sdiff for share in shares if share.accepted]
    rejected = sum(1 for share in shares if not share.accepted)
    best = max(accepted, default=0.0)
    return StatsUpdateData(accepted=len(accepted), rejected=rejected, best_sdiff=best)
