"""Who may do what in Redis: users with access control lists, as Redis 7 and Valkey know them.

Nobody needs more than one of these: the services, and a collector that runs on the pool's own
machine, where less is safe. `docs/OPERATING.md` has the same lines for your own servers.
"""

from __future__ import annotations

from hashlib import sha256

SERVICES = "services"
"""The user of the services and of commands."""

COLLECTOR = "collector"
"""The user of a collector on another machine: it adds events, and reads what that requires."""

# In braces: commands that may be used on these keys alone. XADD writes streams, and GETSET would
# overwrite one. Streams are named, not matched: a producer has no access to others.
RULES = {
    SERVICES: (
        "~mining:* ~quest:* ~tbg:* ~arq:* &tbg:* -@all +@read +@write +@pubsub +@transaction"
        " +@connection +@scripting -@admin -@dangerous -function -fcall -fcall_ro -script"
        " +script|load +script|exists +time +info"
    ),
    COLLECTOR: (
        "resetkeys resetchannels -@all +ping +multi +exec"
        " (+xadd %W~mining:share_submitted %W~mining:share_best_diff %W~mining:block_found"
        " %W~mining:miner_connected %W~mining:miner_disconnected)"
        " (+xlen +xinfo|groups %R~mining:share_submitted %R~mining:share_best_diff"
        " %R~mining:block_found %R~mining:miner_connected %R~mining:miner_disconnected)"
        " (+get +getset ~mining:collect:*)"
        " (+get %R~mining:game)"
    ),
}


def user_line(name: str, password: str) -> str:
    """A user, as a line of the server's settings; of the password it holds a digest."""
    return f"user {name} on #{sha256(password.encode()).hexdigest()} {RULES[name]}"
