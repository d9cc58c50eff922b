"""Evaluates the progress of users whose facts have changed, seconds after they did.

Who has to be evaluated, and for which days, waits in a table: roll-ups, events of other domains,
merges and changes of the registry add to it. Evaluating twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import NamedTuple

from tbg.core import limits, quest_limits
from tbg.core.frames import Frame
from tbg.core.goals import GoalFacts
from tbg.core.tx import Database, Tx
from tbg.core.user_jobs import serve_users
from tbg.domains.mining.actions import take_rolled_up
from tbg.domains.mining.queries.spans import days_mined
from tbg.domains.quests import queries
from tbg.domains.quests.actions.completing import Completion, complete
from tbg.domains.quests.queries import Key
from tbg.domains.quests.queries.progress import Attempt, crossings, progress
from tbg.domains.quests.rules import is_silent, period_of
from tbg.domains.quests.schemas import QuestProgress, QuestProgressData

EVERY_DAY = date.min
"""In place of a day: all days of the user."""


async def note_changes(tx: Tx, changes: Iterable[tuple[int, date]], *, silent: bool) -> None:
    """Let users wait to be evaluated for these days; `silent`: what that completes is history."""
    ordered = sorted(set(changes))
    if not ordered:
        return
    await tx.run(
        """
        INSERT INTO quest_waiting AS w (user_id, day, silent)
        SELECT user_id, day, :silent FROM unnest(:users ::bigint[], :days ::date[])
            AS t (user_id, day)
        ON CONFLICT (user_id, day) DO UPDATE SET silent = w.silent AND excluded.silent
        """,
        users=[user for user, _ in ordered],
        days=[day for _, day in ordered],
        silent=silent,
    )


async def note_roll_ups(tx: Tx) -> None:
    """Let the users of the oldest roll-ups wait that nobody has taken."""
    await note_changes(tx, await take_rolled_up(tx), silent=False)


@dataclass(slots=True)
class Evaluation:
    """Evaluates users who wait, a bounded number at once; the next ones have their turn next."""

    facts: GoalFacts
    _after: int = 0

    async def run(self, database: Database) -> int:
        """One turn; the completions."""
        first = self._after
        async with database.transaction() as tx:
            turn = await queries.waiting(tx, first, quest_limits.QUEST_USERS)
        self._after = turn[-1] if len(turn) == quest_limits.QUEST_USERS else 0

        async def find(tx: Tx, after: int, most: int) -> list[int]:
            found = await queries.waiting(tx, max(after, first), most)
            return [user for user in found if user <= turn[-1]]

        if not turn:
            return 0
        work = partial(evaluate_users, facts=self.facts)
        return sum(await serve_users(database, "quests", find=find, work=work))


async def evaluate_users(tx: Tx, users: Sequence[int], *, facts: GoalFacts) -> int:
    """Evaluate these users for the days they wait for; the completions."""
    # Deleted first: what changes from now on is either seen below or waits anew.
    rows = await tx.rows(
        "DELETE FROM quest_waiting WHERE user_id = ANY(:users ::bigint[])"
        " RETURNING user_id, day, silent",
        users=list(users),
    )
    every = {row.user_id: row.silent for row in rows if row.day == EVERY_DAY}
    days = {(row.user_id, row.day): row.silent for row in rows if row.day != EVERY_DAY}
    for user, day in await days_mined(tx, sorted(every)):
        days.setdefault((user, day), every[user])
    for user, silent in every.items():
        days.setdefault((user, tx.now.date()), silent)
    found = await _measured(tx, facts, days)
    reached = [one.attempt for one in found.values() if one.value >= one.attempt.quest.threshold]
    new = await complete(
        tx,
        [
            Completion(
                attempt.user_id,
                attempt.quest,
                attempt.period.key,
                what.at,
                what.cause,
                silent=found[attempt.key].silent or is_silent(what.at, attempt.period, now=tx.now),
            )
            for attempt, what in await crossings(tx, facts, reached)
        ],
    )
    _show(tx, found.values())
    return len(new)


class _Measured(NamedTuple):
    attempt: Attempt
    value: float
    silent: bool


async def _measured(
    tx: Tx, facts: GoalFacts, days: Mapping[tuple[int, date], bool]
) -> dict[Key, _Measured]:
    """Every attempt that days are part of, and how far it is; what is completed is not measured."""
    quests = [q for q in (await queries.quest_catalogue(tx)).values() if q.fact in facts]
    attempts: dict[Key, Attempt] = {}
    silent: dict[Key, bool] = {}
    for (user, day), history in sorted(days.items()):
        for quest in quests:
            period = period_of(quest, day)
            if period is not None:
                attempt = Attempt(user, quest, period)
                attempts[attempt.key] = attempt
                silent[attempt.key] = silent.get(attempt.key, True) and history
    done = await queries.completed_among(tx, list(attempts))
    open_ = [attempt for key, attempt in attempts.items() if key not in done]
    values = await progress(tx, facts, open_)
    return {key: _Measured(attempts[key], values[key], silent[key]) for key in values}


def _show(tx: Tx, measured: Iterable[_Measured]) -> None:
    """Show players how far they are in the periods that run."""
    today = tx.now.date()
    own: dict[int, list[QuestProgress]] = {}
    for attempt, value, silent in measured:
        if not silent and attempt.period.first <= today < attempt.period.end:
            line = QuestProgress(
                quest=attempt.quest.slug, period=attempt.period.key, progress=value
            )
            own.setdefault(attempt.user_id, []).append(line)
    for user, lines in list(own.items())[: limits.FRAMES_PER_BATCH]:
        tx.show(Frame(f"me:{user}", QuestProgressData(quests=lines)))
