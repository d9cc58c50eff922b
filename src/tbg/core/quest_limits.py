"""Bounds of quests, each with its reason."""

QUEST_SECONDS = 2
"""How often changes are looked for whose users' quests are evaluated: progress is live."""

QUEST_USERS = 2_000
"""Users evaluated in one go, in transactions of a thousand: in a large pool others have their turn
two seconds later, so that quests never take most of a core."""

RATE_QUEST_REPORTS = (1_200, 60)
"""Completions of quests reported with one service key: 20 a second, a busy system's evening."""
