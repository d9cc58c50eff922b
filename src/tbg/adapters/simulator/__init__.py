"""Simulated miners: the events that a pool of real devices would send, repeatable by seed.

Everything here is pure: no clock, no network, no files. A `Plan` says what is wanted,
`generate(plan)` yields the entries in the order in which they go into the streams, and the
caller decides when (each entry bears `at`, unix seconds) and where (`entry.stream`,
`entry.fields`, as `tbg.adapters.streams.Publisher.publish` takes them). A `Tally` counts them.

    plan = Plan(miners=20, seed="7", start=now, events=10_000, duplicates=0.1)
    for entry in generate(plan): ...

- The same plan gives the same entries. `salt` changes the luck but not who the miners are.
- Without `end` a plan is live: Poisson arrivals from `start` on, for `seconds`, for `events`,
  or for ever. With `end` it is history from `start` to `end`, with habits: some miners mine
  every day, some at weekends, some joined late, some missed weeks.
- `kind` says what an entry is: a share is "good", "late" (well-formed, but out of order), a
  "duplicate" (a good share again) or "poison" (must be dead-lettered; `label` says why);
  "connect" and "block" come beside the shares and are not counted as events.
- Each event has an `event_id` (accepted shares: the hash) and a `ts`.
- `demo_key(seed, index)` is the private key of one of the first `KEYED` miners.
"""

from tbg.adapters.simulator.addresses import KEYED, DemoKey, address, demo_key, sign_message
from tbg.adapters.simulator.demo import DEMO_SEED, HISTORY_SENT, demo_history, demo_live
from tbg.adapters.simulator.generate import generate
from tbg.adapters.simulator.plan import Kind, Plan, PlanError, PlannedEntry, Tally
from tbg.adapters.simulator.poison import POISONS

__all__ = [
    "DEMO_SEED",
    "HISTORY_SENT",
    "KEYED",
    "POISONS",
    "DemoKey",
    "Kind",
    "Plan",
    "PlanError",
    "PlannedEntry",
    "Tally",
    "address",
    "demo_history",
    "demo_key",
    "demo_live",
    "generate",
    "sign_message",
]
