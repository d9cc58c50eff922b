"""Messages that other processes receive at once: frames for browsers, nudges, heartbeats."""

from tbg.adapters.broadcast.heartbeat import HEARTBEAT_SECONDS, beat, heartbeats
from tbg.adapters.broadcast.hub import Hub, Mailbox
from tbg.adapters.broadcast.publish import (
    NUDGE,
    Broadcast,
    Packet,
    body_of,
    channel_of,
    packet_of,
)

__all__ = [
    "HEARTBEAT_SECONDS",
    "NUDGE",
    "Broadcast",
    "Hub",
    "Mailbox",
    "Packet",
    "beat",
    "body_of",
    "channel_of",
    "heartbeats",
    "packet_of",
]
