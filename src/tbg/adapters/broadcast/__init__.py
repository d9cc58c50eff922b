"""What other processes hear at once: frames for browsers, nudges, heartbeats."""

from tbg.adapters.broadcast.heartbeat import HEARTBEAT_SECONDS, beat, heartbeats
from tbg.adapters.broadcast.hub import Hub, Mailbox
from tbg.adapters.broadcast.publish import NUDGE, Broadcast, channel_of

__all__ = [
    "HEARTBEAT_SECONDS",
    "NUDGE",
    "Broadcast",
    "Hub",
    "Mailbox",
    "beat",
    "channel_of",
    "heartbeats",
]
