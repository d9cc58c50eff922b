"""How completed quests look. Their XP has the line of the feed (`XpGained`)."""

from __future__ import annotations

from tbg.core.frames import Look, Notice, Presenters
from tbg.domains.quests.events import QuestCompleted
from tbg.domains.quests.schemas import QuestCompletedData


def _quest_completed(event: QuestCompleted) -> Look:
    return Look(
        frame=QuestCompletedData(
            quest=event.quest,
            name=event.name,
            period=event.period,
            xp=event.xp,
            badge=event.badge,
            at=event.at,
        ),
        private=True,
        notice=Notice(
            "quests",
            "quest_completed",
            f'Quest completed: "{event.name}"',
            f"+{event.xp} XP — {event.description}",
            "/quests",
            "View Quests",
            {"name": event.name, "xp": event.xp, "description": event.description},
        ),
    )


PRESENTERS: Presenters = {QuestCompleted: _quest_completed}
