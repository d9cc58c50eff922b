"""Bounds of quests, each with its reason."""

QUEST_SECONDS = 2
"""How often changes are looked for whose users' quests are evaluated: progress is live."""

QUEST_USERS = 2_000
"""Users evaluated in one go: some 200 ms of work, every two seconds at most."""

RATE_QUEST_REPORTS = (1_200, 60)
"""Completions of quests reported with one service key: 20 a second, a busy system's evening."""
