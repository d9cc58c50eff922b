"""Frames for open browsers, numbered per user."""

from tbg.core.domain import Domain
from tbg.domains.realtime.actions import erase, export, merge
from tbg.domains.realtime.jobs import JOBS
from tbg.domains.realtime.reactions import push_by
from tbg.domains.realtime.schemas import FRAMES
from tbg.domains.realtime.tables import PERSONAL

DOMAIN = Domain(
    name="realtime",
    jobs=JOBS,
    presented=push_by,
    frames=FRAMES,
    personal=PERSONAL,
    merge=merge,
    erase=erase,
    export=export,
)
