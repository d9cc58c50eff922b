"""What mining earns: badges, the XP ledger, levels, streaks."""

from tbg.core.domain import Domain
from tbg.domains.gamification.actions.champion import CHAMPION_EVENT
from tbg.domains.gamification.actions.checks import CHECKS
from tbg.domains.gamification.actions.lifecycle import erase, export, merge
from tbg.domains.gamification.jobs import JOBS
from tbg.domains.gamification.presenters import PRESENTERS
from tbg.domains.gamification.projection import credit
from tbg.domains.gamification.queries.weeks import GOAL_FACTS
from tbg.domains.gamification.schemas import FRAMES
from tbg.domains.gamification.tables import PERSONAL

DOMAIN = Domain(
    name="gamification",
    router="tbg.domains.gamification.routes:router",
    jobs=JOBS,
    projection=credit,  # counters, calendar, badges, XP, levels
    presenters=PRESENTERS,
    frames=FRAMES,
    goal_facts=GOAL_FACTS,
    personal=PERSONAL,
    merge=merge,
    erase=erase,
    export=export,
    checks=CHECKS,
    badge_events=frozenset({CHAMPION_EVENT}),
)
