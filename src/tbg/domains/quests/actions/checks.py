"""The verifier's comparisons of quests: each check yields rows of (user_id, bad)."""

from __future__ import annotations

from tbg.core import checks
from tbg.core.domain import Check

# The rows of users who became part of others are closed.
_LEDGER = """
SELECT COALESCE(c.user_id, x.user_id) AS user_id,
    c.user_id IS NULL OR x.user_id IS NULL OR x.amount <> c.xp AS bad
FROM quest_completions c
FULL JOIN (
    SELECT l.user_id, l.idempotency_key, l.amount FROM xp_ledger l
    WHERE l.source = 'quest' AND NOT EXISTS (
        SELECT 1 FROM users u WHERE u.id = l.user_id AND u.merged_into IS NOT NULL)
) x ON x.user_id = c.user_id
    AND x.idempotency_key = 'quest:' || c.user_id || ':' || c.quest || ':' || c.period
"""

# Of users who wait to be evaluated nothing is known yet.
_REACHED = """
SELECT m.user_id, c.user_id IS NULL AND m.value >= m.threshold::numeric AS bad
FROM (
    SELECT d.user_id, q.slug, q.threshold, CASE q.period WHEN 'once' THEN 'once'
            WHEN 'daily' THEN d.day::text
            WHEN 'weekly' THEN to_char(d.day, 'IYYY"-W"IW')
            ELSE to_char(d.day, 'IYYY"-S"')
                || LEAST((EXTRACT(week FROM d.day)::integer - 1) / 13 + 1, 4) END AS period,
        CASE q.fact WHEN 'accepted_shares' THEN sum(d.accepted) WHEN 'work' THEN sum(d.work)
            WHEN 'active_days' THEN count(DISTINCT d.day) FILTER (WHERE d.accepted > 0)
            ELSE max(d.best_sdiff)::numeric END AS value
    FROM owned_daily_shares d JOIN quest_definitions q ON q.is_active
        AND q.fact IN ('accepted_shares', 'work', 'active_days', 'best_sdiff')
        AND d.day >= COALESCE(q.starts, d.day) AND d.day <= COALESCE(q.ends, d.day)
    GROUP BY d.user_id, q.slug, q.threshold, q.fact, 4
) m
LEFT JOIN quest_completions c ON c.user_id = m.user_id AND c.quest = m.slug AND c.period = m.period
WHERE NOT EXISTS (SELECT 1 FROM quest_waiting w WHERE w.user_id = m.user_id)
    AND m.user_id NOT IN (SELECT unnest(r.user_ids) FROM rolled_up r)
"""

_SQL = {"quest_ledger": _LEDGER, "quest_reached": _REACHED}

SUM_UP = {name: checks.sum_up(comparison) for name, comparison in _SQL.items()}
FIND = {name: checks.find(comparison) for name, comparison in _SQL.items()}

CHECKS: dict[str, Check] = {name: Check(sum_up=SUM_UP[name], find=FIND[name]) for name in _SQL}
