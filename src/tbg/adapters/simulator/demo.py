"""The plans behind `tbg up --demo`: some weeks of history, then a continuous trickle."""

from __future__ import annotations

from tbg.adapters.simulator.plan import Plan
from tbg.adapters.streams.game import DEMO

HISTORY_SENT = "the miners' history is sent"
"""What `tbg simulate --demo` prints when it is."""

DEMO_SEED = "demo"
"""The demo's miners are always the same: `demo_key(DEMO_SEED, index)` signs in as one."""

_DAY = 86_400
_WEEK = 7 * _DAY
_MONDAY = 4 * _DAY
_WEEKS = 12
_HISTORY_SHARES = 40_000
_LIVE_PER_SECOND = 1.0

# One at once, so that a first badge is earned while somebody looks; then fewer and fewer.
_NEWCOMERS = (
    0.2,
    *(90.0 * n for n in range(1, 11)),
    *(900.0 + 3_600.0 * n for n in range(1, 24 * 365)),
)


def demo_history(miners: int, *, now: float, network: str = "mainnet") -> Plan:
    """Twelve closed weeks and the running one, up to `now` (unix seconds).

    It begins on a Monday and each miner's day is the same whenever it is asked for, so a
    demo started again repeats itself under the same event ids and counts nothing twice.
    Younger than 92 days, it is also younger than the event keys.
    """
    start = now - (now - _MONDAY) % _WEEK - _WEEKS * _WEEK
    per_day = _HISTORY_SHARES / miners / (_WEEKS * 7)
    return Plan(
        miners=miners,
        seed=DEMO_SEED,
        network=network,
        start=start,
        end=now,
        shares_per_day=min(60.0, max(2.0, per_day)),
        legends=True,
        source=DEMO,
    )


def demo_live(miners: int, *, now: float, network: str = "mainnet") -> Plan:
    """The same miners from `now` on, endlessly, about one share a second in total."""
    return Plan(
        miners=miners,
        seed=DEMO_SEED,
        salt=f"{now:.6f}",
        network=network,
        start=now,
        rate=_LIVE_PER_SECOND,
        newcomers=_NEWCOMERS,
        source=DEMO,
    )
