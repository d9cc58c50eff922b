"""What open browsers are sent: frames, numbered per user."""

from tbg.core.domain import Domain
from tbg.domains.realtime.actions import erase, export, merge
from tbg.domains.realtime.jobs import JOBS
from tbg.domains.realtime.reactions import HANDLERS

DOMAIN = Domain(
    name="realtime",
    jobs=JOBS,
    handlers=HANDLERS,
    merge=merge,
    erase=erase,
    export=export,
)
