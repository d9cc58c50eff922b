"""When scheduled work is due (UTC). Each job may run twice, late, or at once elsewhere."""

from __future__ import annotations

from tbg.core import quest_limits
from tbg.core.goals import GoalFacts
from tbg.core.schedule import Cron
from tbg.core.tx import Database
from tbg.domains.mining.queries import has_rolled_up
from tbg.domains.quests.actions.evaluating import Evaluation, note_roll_ups


async def note_what_changed(database: Database) -> None:
    """Let the users wait whose rollups have changed."""
    left = True
    while left:
        async with database.transaction(owners="shared") as tx:
            await note_roll_ups(tx)
            # Until nothing is left: another worker may have taken the same ones, and have failed.
            left = await has_rolled_up(tx)


JOBS = (Cron("quest_changes", note_what_changed, every_s=quest_limits.QUEST_SECONDS),)


def measuring_jobs(facts: GoalFacts) -> tuple[Cron, ...]:
    """The job that evaluates quests about these facts."""
    return (Cron("quests", Evaluation(facts).run, after="quest_changes"),)
