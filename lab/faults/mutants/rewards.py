"""Bugs in what a batch is worth: counters, calendars, streaks, XP, levels, rollups, bests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import Any
from unittest.mock import patch

from lab.faults.compare import Sort
from lab.faults.mutants.mutant import Method, Mutant, replaced, rewritten
from tbg.adapters.streams import Batch
from tbg.app.ingest import Ingest
from tbg.core import limits
from tbg.core.tx import Tx
from tbg.domains.gamification import projection
from tbg.domains.gamification.actions import personal_bests
from tbg.domains.gamification.events import LevelUp
from tbg.domains.gamification.rules import LastRun, compute_level
from tbg.domains.mining import projection as mining
from tbg.domains.mining.actions import rollups
from tbg.domains.quests.actions import completing, evaluating

_LOST: frozenset[Sort] = frozenset({"lost"})
_DOUBLED: frozenset[Sort] = frozenset({"doubled"})
_EITHER: frozenset[Sort] = _LOST | _DOUBLED
_WRONG: frozenset[Sort] = _EITHER | frozenset({"wrong"})

# The package gives its function `reward` the name of this module.
rewarding = import_module("tbg.domains.gamification.actions.reward")

_postponed: ContextVar[list[dict[str, Any]]] = ContextVar("postponed")


@contextmanager
def _xp_afterwards() -> Iterator[None]:
    real_reward, real_commit = rewarding.reward, Ingest._commit

    async def reward(tx: Tx, **what: Any) -> None:
        _postponed.get().append(what)

    async def commit(self: Ingest, facts: Any) -> None:
        _postponed.set([])
        await real_commit(self, facts)
        for what in _postponed.get():
            async with self.database.transaction() as tx:
                await real_reward(tx, **what)

    with ExitStack() as stack:
        stack.enter_context(patch.object(projection, "reward", reward))
        stack.enter_context(patch.object(Ingest, "_commit", commit))
        yield


def _absolute(real: Method) -> Method:
    async def count(tx: Tx, deltas: dict[int, Any]) -> Any:
        rows = await tx.rows(
            "SELECT user_id, total_shares FROM user_gamification WHERE user_id = ANY(:ids)",
            ids=list(deltas),
        )
        before = {row.user_id: row.total_shares for row in rows}
        counted = await real(tx, deltas)
        for user, delta in deltas.items():
            if delta.accepted:
                await tx.run(
                    "UPDATE user_gamification SET total_shares = :n WHERE user_id = :user",
                    n=before.get(user, 0) + len(delta.accepted),
                    user=user,
                )
        return counted

    return count


def _in_any_order(real: Method) -> Method:
    turn = itertools.count()

    async def count(tx: Tx, deltas: dict[int, Any]) -> Any:
        for user in sorted(deltas, reverse=next(turn) % 2 == 0):
            await tx.run(
                "SELECT 1 FROM user_gamification WHERE user_id = :user FOR UPDATE", user=user
            )
        return await real(tx, deltas)

    return count


def _nothing(real: Method) -> Method:
    async def recount(tx: Tx, users: Any) -> None:
        return None

    return recount


def _freezes_stay_used(real: Method) -> Method:
    async def recount(tx: Tx, users: Any) -> None:
        held = "SELECT user_id, freezes_held FROM user_gamification WHERE user_id = ANY(:users)"
        before = await tx.rows(held, users=list(users))
        await real(tx, users)
        for row in before:
            await tx.run(
                "UPDATE user_gamification SET freezes_held = LEAST(freezes_held, :held)"
                " WHERE user_id = :user",
                held=row.freezes_held,
                user=row.user_id,
            )

    return recount


def _as_it_is_now(real: Any) -> Any:
    def freezes_on(self: LastRun, monday: Any) -> bool:
        return len(self.switched) % 2 == 0

    return freezes_on


def _level_forgotten(real: Method) -> Method:
    async def set_levels(tx: Tx, rows: Any, loud: set[int]) -> None:
        await real(tx, rows, loud)
        await tx.run(
            "UPDATE user_gamification SET level_told = level WHERE user_id = ANY(:users)",
            users=[row.user_id for row in rows],
        )

    return set_levels


def _all_accepted(real: Any) -> Any:
    def deltas(batch: Batch) -> Any:
        shares = tuple(share._replace(accepted=True) for share in batch.shares)
        return real(replace(batch, shares=shares))

    return deltas


def _rounded(real: Any) -> Any:
    def deltas(batch: Batch) -> Any:
        half = timedelta(milliseconds=500)
        shares = tuple(s._replace(at=(s.at + half).replace(microsecond=0)) for s in batch.shares)
        return real(replace(batch, shares=shares))

    return deltas


def _by_batch(real: Any) -> Any:
    def share_xp(before: int, after: int) -> int:
        return (after - before) // 100

    return share_xp


def _again(real: Method) -> Method:
    async def set_levels(tx: Tx, rows: Any, loud: set[int]) -> None:
        await real(tx, rows, loud)
        for row in rows:
            level = compute_level(row.total_xp)
            if row.user_id in loud and row.level == level.level > 1:
                tx.announce(
                    LevelUp(
                        user_id=row.user_id,
                        old_level=row.level,
                        new_level=level.level,
                        title=level.title,
                        total_xp=row.total_xp,
                        at=tx.now,
                    )
                )

    return set_levels


def _every_telling(real: Method) -> Method:
    async def write(tx: Tx, batch: Batch, *rest: Any) -> Any:
        await real(tx, batch, *rest)
        return batch.blocks

    return write


def _reports_too(real: Method) -> Method:
    async def confirm(tx: Tx, batch: Batch, backed: Any) -> Any:
        return await real(tx, batch, mining._once(batch, batch.blocks))

    return confirm


def _first_word_stays(real: Method) -> Method:
    async def confirm(tx: Tx, batch: Batch, backed: Any) -> Any:
        rows = await tx.rows("SELECT hash FROM blocks WHERE xmin = pg_current_xact_id()::xid")
        new = {row.hash for row in rows}
        return await real(tx, batch, [block for block in backed if block.hash in new])

    return confirm


def _key_by_chance(real: Any) -> Any:
    number = itertools.count()

    def grant(*facts: Any, **named: Any) -> Any:
        found = real(*facts, **named)
        return found._replace(key=f"{found.key}:{next(number)}")

    return grant


def _every_report(real: Method) -> Method:
    async def write(tx: Tx, first: dict[Any, Any]) -> Any:
        await real(tx, first)
        return list(first.values())

    return write


def _of_today(real: Method) -> Method:
    async def measured(tx: Tx, facts: Any, days: dict[tuple[int, Any], bool]) -> Any:
        return await real(tx, facts, {(user, tx.now.date()): True for user, _ in days})

    return measured


_QUEUE = "created_at, user_ids, worker_ids, ats, share_ids, diffs, sdiffs, kinds, errns"


def _take_first(real: Method) -> Method:
    async def roll_up_all(self: Ingest) -> int:
        async with self.database.transaction() as tx:
            rows = await tx.rows(f"DELETE FROM rollup_queue RETURNING {_QUEUE}")
        async with self.database.transaction() as tx:
            await _queue(tx, rows)
            await rollups.roll_up(tx)
        return int(await real(self))

    return roll_up_all


def _remove_later(real: Method) -> Method:
    async def roll_up_all(self: Ingest) -> int:
        done = 0
        while True:
            async with self.database.transaction() as tx:
                await tx.run("SELECT pg_advisory_xact_lock(:key)", key=rollups._LOCK)
                rows = await tx.rows(
                    f"SELECT {_QUEUE} FROM rollup_queue ORDER BY id LIMIT :most",
                    most=limits.ROLLUP_BATCHES,
                )
                if not rows:
                    return done
                done += await rollups.roll_up(tx)
                still_there = await _queue(tx, rows)
            async with self.database.transaction() as tx:
                await tx.run("DELETE FROM rollup_queue WHERE id = ANY(:ids)", ids=still_there)

    return roll_up_all


async def _queue(tx: Tx, rows: Any) -> list[int]:
    names = _QUEUE.split(", ")
    places = ", ".join(f":{name}" for name in names)
    sql = f"INSERT INTO rollup_queue ({_QUEUE}) VALUES ({places}) RETURNING id"
    return [await tx.value(sql, **dict(zip(names, row, strict=True))) for row in rows]


REWARDS = (
    Mutant(
        "xp_outside_the_transaction",
        "badges and XP are given in a transaction after the batch's own",
        _LOST,
        _xp_afterwards,
    ),
    Mutant(
        "lost_update",
        "totals are read, added to, and written back",
        _EITHER,
        replaced(projection, "_count", _absolute),
    ),
    Mutant(
        "locks_in_any_order",
        "users are locked one by one, each batch in an order of its own",
        frozenset({"deadlock"}),
        replaced(projection, "_count", _in_any_order),
    ),
    Mutant(
        "streak_not_derived",
        "a late week does not join what is before and after it",
        _WRONG,
        replaced(projection, "recount_runs", _nothing),
    ),
    Mutant(
        "freeze_not_given_back",
        "a late share of a frozen week does not give the freeze back",
        _LOST,
        replaced(projection, "recount_runs", _freezes_stay_used),
    ),
    Mutant(
        "freezes_as_switched_now",
        "past weeks go by how the switch stands now, not by its history",
        _WRONG,
        replaced(LastRun, "freezes_on", _as_it_is_now),
    ),
    Mutant(
        "level_told_after_correction",
        "a level that a correction took away is told again when it is reached again",
        _DOUBLED,
        replaced(rewarding, "_set_levels", _level_forgotten),
    ),
    Mutant(
        "rejected_counted",
        "rejected shares count in counters and calendar",
        _DOUBLED,
        replaced(projection, "_deltas", _all_accepted),
    ),
    Mutant(
        "week_edge_rounded",
        "the calendar rounds to the second: the last µs of a week falls into the next",
        _WRONG,
        replaced(projection, "_deltas", _rounded),
    ),
    Mutant(
        "share_xp_by_batch",
        "share XP is of the batch's hundreds, not of the lifetime's",
        _LOST,
        replaced(projection, "share_xp", _by_batch),
    ),
    Mutant(
        "level_told_again",
        "a level is told with every grant",
        _DOUBLED,
        replaced(rewarding, "_set_levels", _again),
    ),
    Mutant(
        "block_counted_again",
        "a block that two pools tell of is counted twice",
        _DOUBLED,
        replaced(mining, "_write_blocks", _every_telling),
    ),
    Mutant(
        "report_believed",
        "a block is rewarded on a report that nothing backs",
        _WRONG,
        replaced(mining, "_confirm", _reports_too),
    ),
    Mutant(
        "backing_forgotten",
        "a block that was reported before is not confirmed when something backs it",
        _WRONG,
        replaced(mining, "_confirm", _first_word_stays),
    ),
    Mutant(
        "personal_best_paid_again",
        "what a personal best is paid under changes with each run of the job",
        _DOUBLED,
        replaced(personal_bests, "_grant", _key_by_chance),
    ),
    Mutant(
        "quest_told_again",
        "a quest that was completed before is told with every further report",
        _DOUBLED,
        replaced(completing, "_write", _every_report),
    ),
    Mutant(
        "quest_of_today",
        "progress is evaluated for the periods that run, whenever a share was mined",
        _LOST,
        replaced(evaluating, "_measured", _of_today),
    ),
    Mutant(
        "rollup_taken_first",
        "batches are taken off the queue in a transaction before they are folded",
        _LOST,
        replaced(Ingest, "roll_up_all", _take_first),
    ),
    Mutant(
        "rollup_removed_later",
        "batches are taken off the queue in a transaction after they were folded",
        _DOUBLED,
        replaced(Ingest, "roll_up_all", _remove_later),
    ),
    Mutant(
        "best_without_tie_break",
        "of equal bests the one that came first stays, not the one that was first",
        _WRONG,
        rewritten(
            rollups,
            "_ROLL_UP",
            "(b.sdiff, known.at, known.share_id)\n"
            "        > (known.best_difficulty, b.at, b.share_id)",
            "b.sdiff > known.best_difficulty",
        ),
    ),
    Mutant(
        "best_of_rejected",
        "a rejected share may be a best",
        _WRONG,
        rewritten(rollups, "_ROLL_UP", "FROM facts WHERE kind <> 0", "FROM facts WHERE true"),
    ),
)
