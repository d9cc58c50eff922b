"""A domain as a developer would add one: bells that players ring. It is in no installation."""

from tbg.core.domain import Domain
from tests.toy.actions import erase, export, merge
from tests.toy.jobs import JOBS
from tests.toy.presenters import PRESENTERS
from tests.toy.schemas import FRAMES
from tests.toy.tables import PERSONAL

DOMAIN = Domain(
    name="toy",
    router="tests.toy.routes:router",
    jobs=JOBS,
    presenters=PRESENTERS,
    frames=FRAMES,
    personal=PERSONAL,
    merge=merge,
    erase=erase,
    export=export,
)
