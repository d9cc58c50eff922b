"""Streak freezes: how many are held, and when they were switched off and on.

Those who have mined eight weeks in a row have freezes now, and their runs may be longer: a badge
that these reach is given by the backfill.
"""

from tbg.core.migration import run

revision = "0019_streak_freezes"
down_revision = "0018_owned_facts"

COLUMNS = """
ALTER TABLE user_gamification
    ADD COLUMN freezes_held smallint NOT NULL DEFAULT 0,
    ADD COLUMN freezes_switched date[],
    ADD COLUMN freeze_told_week text;
"""

# The run after one more week: its weeks, the longest run, its first and its last week (counted from
# the Monday 1970-01-05), and the freezes held. `rules.streaks` does the same; the verifier compares
# the two.
AGGREGATE = """
CREATE FUNCTION public.streak_after(run integer[], monday date, switched date[])
RETURNS integer[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    first CONSTANT date := '1970-01-05';
    week CONSTANT integer := (monday - first) / 7;
    weeks integer := run[1];
    start integer := run[3];
    missed integer := run[4] + 1;
    held integer := run[5];
BEGIN
    WHILE weeks > 0 AND missed < week AND held > 0 AND 0 = (
        SELECT count(*) % 2 FROM unnest(switched) AS at WHERE at <= first + 7 * missed)
    LOOP
        missed := missed + 1;
        held := held - 1;
    END LOOP;
    IF weeks = 0 OR missed < week THEN
        weeks := 0;
        start := week;
    END IF;
    weeks := weeks + 1;
    IF weeks % 8 = 0 THEN
        held := LEAST(held + 1, 2);
    END IF;
    RETURN ARRAY[weeks, GREATEST(run[2], weeks), start, week, held];
END $$;
CREATE AGGREGATE public.streak_runs (date, date[]) (
    SFUNC = public.streak_after, STYPE = integer[], INITCOND = '{0,0,0,0,0}', PARALLEL = SAFE);
"""

HISTORY = """
UPDATE user_gamification g SET current_streak = run[1], longest_streak = run[2],
    streak_start_date = DATE '1970-01-05' + 7 * run[3], freezes_held = run[5]
FROM (SELECT c.user_id, public.streak_runs(week_start, NULL ORDER BY week_start) AS run
    FROM streak_calendar c JOIN user_gamification g ON g.user_id = c.user_id
    WHERE is_active AND longest_streak >= 8 GROUP BY c.user_id) r
WHERE r.user_id = g.user_id;
UPDATE badge_definitions SET backfilled_at = NULL WHERE trigger_type = 'streak';
"""


def upgrade() -> None:
    run(COLUMNS)
    run(AGGREGATE)
    run(HISTORY)
