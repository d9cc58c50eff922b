"""Who reacts to what: the whole house on one screen.

A reaction is handed all events of its kind that are delivered together, and runs in the
transaction that marks them as sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from tbg.core.event import Event
from tbg.core.outbox import Delivery
from tbg.core.tx import Tx
from tbg.domains.accounts import events as accounts
from tbg.domains.gamification import events as gamification
from tbg.domains.mining import events as mining
from tbg.domains.realtime import reactions as realtime

Reaction = Callable[[Tx, Sequence[Delivery]], Awaitable[None]]

SWITCHBOARD: dict[type[Event], tuple[Reaction, ...]] = {
    mining.BlockRecorded: (realtime.push,),
    gamification.BadgeEarned: (realtime.push,),
    gamification.XpGained: (realtime.push,),
    gamification.LevelUp: (realtime.push,),
    gamification.PersonalBest: (realtime.push,),
    gamification.StreakExtended: (realtime.push,),
    gamification.StreakBroken: (realtime.push,),
    gamification.StreakExpiring: (realtime.push,),
    gamification.SilentRewards: (realtime.push,),
    accounts.AccountChanged: (realtime.push,),
}
