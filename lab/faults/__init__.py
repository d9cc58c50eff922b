"""The fault harness: exactly once, whatever breaks, shown on a real PostgreSQL and Redis.

- `cases`: a seed's events and their deliveries, out of order, repeated, at the edges of weeks.
- `failpoints`: simulated processes that die, or lose a connection, at any statement or command.
- `schedule`: consumers, relays and jobs over a case, with faults; a restart; then the oracle.
- `task_schedule`: handlers that fail and senders that die, and a real HTTP server (`target`).
- `oracle`: what must have become of the events, from the rules alone; `actual` reads what has;
  `compare` says what differs.
- `mutants`: bugs planted to see whether the harness catches them.
- `restarts`: the same with the real services, SIGKILL, and servers that fall and come back.

Nothing of the product imports it, and it works on scratch servers of its own only. Schedules
draw their chances from the seed; how tasks meet in time is the machine's, so that a failing seed
may need a few runs.
"""
