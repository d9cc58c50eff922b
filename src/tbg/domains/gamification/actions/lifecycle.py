"""Rewards, when users are merged, leave, or export their data.

What facts earn is evaluated again on the united facts, under the keys of the user who stays.
Whatever else was earned is granted to them under the same keys. So nothing is paid twice, whatever
either had been paid, and no row of the ledger is rewritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tbg.core.section import Section
from tbg.core.tx import AnyRow, Tx
from tbg.domains.gamification import queries
from tbg.domains.gamification.actions.backfill import reached
from tbg.domains.gamification.actions.personal_bests import pay_days
from tbg.domains.gamification.actions.reward import Award, Grant, lock, reward
from tbg.domains.gamification.actions.streaks import pay_silently, recount_runs
from tbg.domains.gamification.rules import REDERIVABLE, SHARES_PER_XP


async def merge(tx: Tx, *, gone: int, kept: int) -> None:
    """Calendar, counters and badges become `kept`'s, who is paid what they earn; all silent."""
    held = await lock(tx, [gone, kept])
    for statement in _UNITE:
        await tx.run(statement, gone=gone, kept=kept, now=tx.now)
    await recount_runs(tx, [kept])
    await reward(tx, awards=await _badges(tx, gone=gone, kept=kept))
    await pay_silently(tx, kept)
    await pay_days(tx, [kept], today=tx.now.date(), silent=True)
    shares = held[gone].total_shares + held[kept].total_shares
    rows = await tx.rows(_NOT_REDERIVABLE, gone=gone, rederivable=list(REDERIVABLE))
    others = [_regrant(row, gone, kept) for row in rows]
    gains = [grant for grant in others if grant.amount > 0]
    gains += await _share_xp(tx, kept, shares)
    await reward(tx, awards=await reached(tx, kept), grants=gains)
    await _take(tx, kept, [grant for grant in others if grant.amount < 0])
    await tx.run(_CLOSE, gone=gone, kept=kept, key=f"merge:{kept}", now=tx.now)
    for statement in _LEAVE:
        await tx.run(statement, gone=gone)


_UNITE = (
    # A week counts as paid only if `kept` was paid for it: their key decides.
    """
    WITH moved AS (DELETE FROM streak_calendar WHERE user_id = :gone RETURNING *)
    INSERT INTO streak_calendar AS c (user_id, week_iso, week_start, share_count, best_diff,
        days, is_active)
    SELECT CAST(:kept AS bigint), week_iso, week_start, share_count, best_diff, days, is_active
    FROM moved
    ON CONFLICT (user_id, week_iso) DO UPDATE SET
        share_count = c.share_count + excluded.share_count,
        best_diff = GREATEST(c.best_diff, excluded.best_diff),
        days = c.days | excluded.days, is_active = c.is_active OR excluded.is_active
    """,
    """
    UPDATE user_gamification k SET total_shares = k.total_shares + g.total_shares,
        blocks_found = (SELECT count(*) FROM blocks
            WHERE user_id = :kept AND confirmed_by IS NOT NULL),
        best_difficulty = GREATEST(k.best_difficulty, g.best_difficulty),
        best_on = CASE WHEN g.best_difficulty > k.best_difficulty THEN g.best_on
            WHEN g.best_difficulty < k.best_difficulty THEN k.best_on
            ELSE LEAST(g.best_on, k.best_on) END,
        previous_best = GREATEST(k.previous_best, g.previous_best),
        previous_best_on = CASE WHEN g.previous_best > k.previous_best THEN g.previous_best_on
            WHEN g.previous_best < k.previous_best THEN k.previous_best_on
            ELSE LEAST(g.previous_best_on, k.previous_best_on) END,
        streak_broken_told = GREATEST(k.streak_broken_told, g.streak_broken_told),
        streak_warned_week = GREATEST(k.streak_warned_week, g.streak_warned_week),
        freeze_told_week = GREATEST(k.freeze_told_week, g.freeze_told_week),
        updated_at = :now
    FROM user_gamification g WHERE k.user_id = :kept AND g.user_id = :gone
    """,
    """
    WITH moved AS (DELETE FROM weekly_champions WHERE user_id = :gone RETURNING *)
    INSERT INTO weekly_champions (week_iso, user_id, best_difficulty, crowned_at)
    SELECT week_iso, CAST(:kept AS bigint), best_difficulty, crowned_at FROM moved
    """,
)

_NOT_REDERIVABLE = """
SELECT idempotency_key, amount, source, source_id, description, created_at FROM xp_ledger
WHERE user_id = :gone AND source <> ALL(:rederivable ::text[]) ORDER BY id
"""

_CLOSE = """
INSERT INTO xp_ledger (user_id, idempotency_key, amount, source, source_id, description,
    created_at, written_at)
SELECT user_id, :key, -total_xp, 'merge', CAST(CAST(:kept AS bigint) AS text),
    'Became part of another account', :now, :now
FROM user_gamification WHERE user_id = :gone
"""

_LEAVE = (
    "DELETE FROM user_badges WHERE user_id = :gone",
    "DELETE FROM silent_rewards WHERE user_id = :gone",
    "DELETE FROM user_gamification WHERE user_id = :gone",
)


async def _badges(tx: Tx, *, gone: int, kept: int) -> list[Award]:
    """The badges of `gone` for `kept`, earned when and as they were."""
    known = {item.badge.slug: item.badge for item in await queries.every_badge(tx)}
    return [
        Award(kept, known[earned.slug], earned.earned_at, earned.metadata, silent=True)
        for earned in await queries.earned_badges(tx, gone)
    ]


async def _share_xp(tx: Tx, kept: int, shares: int) -> list[Grant]:
    """The XP that is missing to one for each full hundred of the united shares."""
    paid = await tx.value(
        """
        SELECT COALESCE(sum(amount), 0)::bigint FROM xp_ledger
        WHERE user_id = :kept AND source = 'share'
        """,
        kept=kept,
    )
    hundreds = shares // SHARES_PER_XP
    if hundreds <= paid:
        return []
    reach = hundreds * SHARES_PER_XP
    key, told = f"share:{kept}:{hundreds}", f"{reach:,} shares"
    return [Grant(kept, key, hundreds - paid, "share", str(reach), told, tx.now, silent=True)]


def _regrant(row: AnyRow, gone: int, kept: int) -> Grant:
    """The same grant to `kept`; corrections have keys without a user in them."""
    key = row.idempotency_key.replace(f"{row.source}:{gone}:", f"{row.source}:{kept}:", 1)
    return Grant(
        kept, key, row.amount, row.source, row.source_id, row.description, row.created_at, True
    )


async def _take(tx: Tx, kept: int, losses: Sequence[Grant]) -> None:
    """Corrections that took XP take it again, though never more than there is."""
    left = await tx.value("SELECT total_xp FROM user_gamification WHERE user_id = :id", id=kept)
    taken = []
    for loss in losses:
        amount = max(loss.amount, -left)
        left += amount
        taken.append(loss._replace(amount=amount))
    await reward(tx, grants=taken)


async def erase(tx: Tx, *, user_id: int) -> None:
    """Badges forget which device earned them; they, the ledger and all numbers stay."""
    await tx.run(
        "UPDATE user_badges SET metadata = metadata - 'worker' WHERE user_id = :id", id=user_id
    )
    await tx.run("DELETE FROM silent_rewards WHERE user_id = :id", id=user_id)


def export(tx: Tx, *, user_id: int) -> Iterator[Section]:
    """Standing, badges, the ledger, the calendar and the weeks won."""
    for name, (about, sql) in _EXPORTS.items():
        yield Section(name, about, tx.pages(sql, id=user_id))


_EXPORTS = {
    "standing": (
        "Your level, totals, streak and freezes, and when you switched these off or on.",
        """
        SELECT total_xp, level, level_title, badges_earned, current_streak, longest_streak,
            streak_start_date, last_active_week, freezes_held, freezes_switched, total_shares,
            best_difficulty, blocks_found
        FROM user_gamification WHERE user_id = :id
        """,
    ),
    "badges": (
        "Your badges, when you earned them and with what.",
        """
        SELECT badge_slug, earned_at, awarded_at, metadata FROM user_badges
        WHERE user_id = :id ORDER BY earned_at, badge_slug
        """,
    ),
    "xp_ledger": (
        "Every grant of XP; a row `merge` closes the ledger of an account merged into yours.",
        """
        SELECT user_id, id, amount, source, source_id, description, created_at, idempotency_key
        FROM xp_ledger
        WHERE user_id IN (SELECT id FROM users WHERE id = :id OR merged_into = :id)
        ORDER BY user_id, id
        """,
    ),
    "streak_calendar": (
        "The weeks you mined; `days` is a bit mask, bit 0 is Monday.",
        """
        SELECT week_iso, week_start, share_count, best_diff, days, is_active, paid
        FROM streak_calendar WHERE user_id = :id ORDER BY week_start
        """,
    ),
    "champion_weeks": (
        "The weeks whose best difficulty was yours.",
        """
        SELECT week_iso, best_difficulty, crowned_at FROM weekly_champions
        WHERE user_id = :id ORDER BY week_iso
        """,
    ),
}
