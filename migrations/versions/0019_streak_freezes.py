"""Streak freezes: how many are held, and when they were switched off and on.

Those who have mined eight weeks in a row have freezes now, and runs that these joined.
"""

from tbg.core.migration import run

revision = "0019_streak_freezes"
down_revision = "0017_credentials"

FREEZES = """
ALTER TABLE user_gamification
    ADD COLUMN freezes_held smallint NOT NULL DEFAULT 0,
    ADD COLUMN freezes_switched date[],
    ADD COLUMN freeze_told_week text;
WITH RECURSIVE numbered AS (
    SELECT c.user_id, week_start, week_start - 7 * row_number() OVER (
        PARTITION BY c.user_id ORDER BY week_start)::integer AS place
    FROM streak_calendar c JOIN user_gamification g ON g.user_id = c.user_id
    WHERE is_active AND longest_streak >= 8
), in_a_row AS (
    SELECT user_id, count(*)::integer AS weeks, min(week_start) AS first, max(week_start) AS last,
        row_number() OVER (PARTITION BY user_id ORDER BY min(week_start)) AS n
    FROM numbered GROUP BY user_id, place
), runs AS (
    SELECT user_id, n, weeks, first, last, LEAST(weeks / 8, 2) AS held FROM in_a_row WHERE n = 1
    UNION ALL
    SELECT r.user_id, r.n, b.weeks + r.weeks, CASE WHEN b.weeks > 0 THEN w.first ELSE r.first END,
        r.last, LEAST(GREATEST(w.held - b.missed, 0) + (b.weeks + r.weeks) / 8 - b.weeks / 8, 2)
    FROM runs w JOIN in_a_row r ON r.user_id = w.user_id AND r.n = w.n + 1
        CROSS JOIN LATERAL (SELECT missed, CASE WHEN missed <= w.held THEN w.weeks ELSE 0 END
            FROM (SELECT (r.first - w.last) / 7 - 1) AS m (missed)) AS b (missed, weeks)
), last_runs AS (
    SELECT DISTINCT ON (user_id) runs.*, max(weeks) OVER (PARTITION BY user_id) AS longest
    FROM runs ORDER BY user_id, last DESC
)
UPDATE user_gamification g SET current_streak = r.weeks, longest_streak = r.longest,
    streak_start_date = r.first, freezes_held = r.held
FROM last_runs r WHERE r.user_id = g.user_id;
UPDATE badge_definitions SET backfilled_at = NULL WHERE trigger_type = 'streak';
"""


def upgrade() -> None:
    run(FREEZES)
