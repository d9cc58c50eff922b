"""Users, their addresses, how they sign in, and what was done in their name."""

from tbg.core.domain import Domain
from tbg.domains.accounts.actions.lifecycle import erase, export, merge
from tbg.domains.accounts.jobs import JOBS
from tbg.domains.accounts.presenters import PRESENTERS
from tbg.domains.accounts.projection import admit
from tbg.domains.accounts.queries.goals import GOAL_FACTS
from tbg.domains.accounts.tables import PERSONAL

DOMAIN = Domain(
    name="accounts",
    router="tbg.domains.accounts.routes:router",
    well_known="tbg.domains.accounts.routes:well_known",
    jobs=JOBS,
    projection=admit,  # an address that mines is a user
    presenters=PRESENTERS,
    goal_facts=GOAL_FACTS,
    personal=PERSONAL,
    merge=merge,
    erase=erase,
    export=export,
)
