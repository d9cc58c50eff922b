"""Changes of quests' tables."""

from tbg.domains.quests.actions.completing import Completion, complete
from tbg.domains.quests.actions.registry import load_quests
from tbg.domains.quests.actions.reports import report

__all__ = ["Completion", "complete", "load_quests", "report"]
