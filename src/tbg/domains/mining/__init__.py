"""What is mined: workers, shares, rollups, bests, blocks."""

from tbg.core.domain import Domain
from tbg.domains.mining.actions.lifecycle import erase, export, merge
from tbg.domains.mining.jobs import JOBS
from tbg.domains.mining.presenters import PRESENTERS
from tbg.domains.mining.projection import record
from tbg.domains.mining.queries.spans import GOAL_FACTS
from tbg.domains.mining.schemas import FRAMES
from tbg.domains.mining.tables import PERSONAL

DOMAIN = Domain(
    name="mining",
    router="tbg.domains.mining.routes:router",
    jobs=JOBS,
    projection=record,  # workers, shares, blocks
    presenters=PRESENTERS,
    frames=FRAMES,
    goal_facts=GOAL_FACTS,
    personal=PERSONAL,
    merge=merge,
    erase=erase,
    export=export,
)
