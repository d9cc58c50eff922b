"""Quests: goals with a period, completed by the game's facts or by other systems."""

from tbg.core.domain import Domain
from tbg.domains.quests.actions.checks import CHECKS
from tbg.domains.quests.actions.lifecycle import erase, export, merge
from tbg.domains.quests.jobs import JOBS, measuring_jobs
from tbg.domains.quests.presenters import PRESENTERS
from tbg.domains.quests.projection import complete_reported
from tbg.domains.quests.queries import causes
from tbg.domains.quests.reactions import note_growth
from tbg.domains.quests.rules import COMPLETED
from tbg.domains.quests.schemas import FRAMES
from tbg.domains.quests.tables import PERSONAL

DOMAIN = Domain(
    name="quests",
    router="tbg.domains.quests.routes:router",
    jobs=JOBS,
    projection=complete_reported,
    presenters=PRESENTERS,
    frames=FRAMES,
    badge_events=frozenset({COMPLETED}),
    measuring=measuring_jobs,
    measured=note_growth,
    causes={"quest": causes},
    personal=PERSONAL,
    merge=merge,
    erase=erase,
    export=export,
    checks=CHECKS,
)
