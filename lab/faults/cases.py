"""The input of one schedule: a set of events, and the deliveries that carry them.

Pure and repeatable: the same seed gives the same events in the same order under the same ids.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal, get_args

from lab.shares import bench_addresses
from tbg.adapters.simulator import POISONS
from tbg.adapters.simulator.addresses import KEYED, address
from tbg.adapters.simulator.poison import Scene
from tbg.adapters.streams import (
    BLOCK_FOUND,
    MINER_CONNECTED,
    MINER_DISCONNECTED,
    QUEST_COMPLETED,
    SHARE_BEST_DIFF,
    SHARE_SUBMITTED,
)

NETWORK = "mainnet"
CURSE = "cursed"
"""A share whose hash says this makes the batch it is in fail, by a projection of the harness."""

_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
_US = timedelta(microseconds=1)
_TIES = (999_999.999, 1_000_000.0, 5_000.0, 4_999.5, 1e9, 1e12, 9_999_999.0, 123_456.5)
_DIFFS = ("1", "42", "1000", "1024.5", "0.001953125", "65536", "1000000000")
_NAMES = ("bitaxe", "Garage", "живая печь", "default", "solo.1", "⚡ shed")

Theme = Literal["heavy", "deaths", "dense", "sparse"]
"""heavy: one miner has most of the shares; deaths: processes die a lot; dense: few miners, and
consumers that get in each other's way; sparse: many miners, and transactions that commit late."""

Kind = Literal["share", "best", "block", "came", "went", "quest"]
_STREAM: dict[Kind, str] = {
    "share": SHARE_SUBMITTED,
    "best": SHARE_BEST_DIFF,
    "block": BLOCK_FOUND,
    "came": MINER_CONNECTED,
    "went": MINER_DISCONNECTED,
    "quest": QUEST_COMPLETED,
}


@dataclass(slots=True)
class Event:
    """A good event as it was meant; `fields` are what the stream bears."""

    kind: Kind
    address: str
    worker: str
    at: datetime
    history: bool
    diff: str = "0"
    sdiff: float = 0.0
    accepted: bool = False
    errn: int | None = None
    hash: str | None = None
    backed: bool = False
    quest: str | None = None
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def cursed(self) -> bool:
        """Whether it always fails on its own."""
        return self.hash == CURSE


@dataclass(slots=True)
class Sent:
    """One stream entry. `event` None: poison. `repeatable`: may come again under another id."""

    entry_id: str
    stream: str
    fields: dict[str, str]
    event: Event | None
    repeatable: bool

    def again(self, entry_id: str) -> Sent:
        """The same under another id."""
        return replace(self, entry_id=entry_id)


@dataclass(frozen=True, slots=True)
class Order:
    """What an operator or a player does: XP is corrected, or freezes are switched off or on."""

    address: str
    at: datetime
    amount: int = 0
    freezes_on: bool = True

    @property
    def reason(self) -> str:
        """The reason of a correction, by which the operator finds it again in the ledger."""
        return f"the fault schedule gives {self.amount}"


@dataclass(slots=True)
class Case:
    """Events, deliveries in stream order, and when all this happens (`now`)."""

    seed: int
    now: datetime
    events: list[Event]
    deliveries: list[Sent]
    theme: Theme = "deaths"
    orders: list[Order] = field(default_factory=list)

    def entry_id(self, ordinal: int) -> str:
        """The id of the nth entry: a moment shortly before now, as Redis would give it."""
        return f"{int(self.now.timestamp() * 1000) - 100_000 + ordinal}-0"

    @property
    def poison(self) -> list[Sent]:
        """The unreadable deliveries."""
        return [sent for sent in self.deliveries if sent.event is None]


def make_case(seed: int, *, now: datetime | None = None, total: int | None = None) -> Case:
    """The case of a seed.

    For the real services, `now` is given, and `total`, the number of events; none of these fails
    by itself, and each has an identity of its own, so that it may be sent again.
    """
    rng = Random(f"tbg fault schedule {seed}")
    maker = _Maker(rng, seed, now=now, total=total)
    events = maker.events()
    case = Case(seed, maker.now, events, [], theme=maker.theme, orders=maker.orders())
    quests = list(_quests(seed, maker))
    poison = maker.poison()
    case.deliveries = list(_deliver(rng, case, poison, quests, once=0.06 if total is None else 0))
    case.events += [event for event in quests if event.quest in QUESTS]
    return case


QUESTS = ("faults_external_weekly", "faults_external_once")
"""The quests that another system completes here."""


def _quests(seed: int, maker: _Maker) -> Iterator[Event]:
    """Reports of completed quests, many of the same; some of a quest that there is not."""
    rng = Random(f"quests/{seed}")
    for number in range(rng.randint(4, 16)):
        history = rng.random() < 0.3
        # Of the last minute, or days old: whether a report of an age in between is announced
        # depends on when it is read.
        age = timedelta(days=rng.uniform(2, 400)) if history else timedelta(0, rng.uniform(0, 60))
        at = (maker.now - age).replace(microsecond=0)
        who = rng.choice(maker.addresses[:3])
        quest = rng.choice((*QUESTS, *QUESTS, "faults_nothing"))
        fields = {"user": who, "quest": quest, "source": rng.choice(("meetup", "shop"))}
        fields |= {"ts": _stamp(at), "event_id": f"quest-{seed}-{number}"}
        if history:
            fields["history"] = "true"
        yield Event("quest", who, "", at, history, quest=quest, fields=fields)


class _Maker:
    def __init__(self, rng: Random, seed: int, *, now: datetime | None, total: int | None) -> None:
        self.rng = rng
        self.seed = seed
        self.total = total
        self.made = 0
        self.theme: Theme = get_args(Theme)[seed % 4] if total is None else "deaths"
        edge = [timedelta(), _US, timedelta(seconds=1), timedelta(hours=3), timedelta(days=2.5)]
        edge += [timedelta(days=6, hours=20), timedelta(weeks=1) - _US]
        # A year and a half of Mondays, the one after a week 53 among them.
        self.now = now or _MONDAY + timedelta(weeks=rng.randrange(80)) + rng.choice(edge)
        miners = {"dense": 4, "sparse": 14}.get(self.theme) or rng.randint(5, 10)
        self.addresses = bench_addresses(miners, seed=f"faults/{rng.randrange(50)}")
        for index in range(0, miners, 3):
            self.addresses[index] = address("faults", KEYED + rng.randrange(500), network=NETWORK)
        rng.shuffle(self.addresses)
        self.weights = [rng.choice((1, 2, 4)) for _ in self.addresses]
        if self.theme == "heavy":  # one mines enough to cross hundreds of shares
            self.weights[0] = 10 * miners
        self.accepted = 0.9 if self.theme == "heavy" else rng.choice((0.9, 0.9, 0.55))
        self.workers = {a: rng.sample(_NAMES, rng.randint(1, 3)) for a in self.addresses}

    def events(self) -> list[Event]:
        rng = self.rng
        total = self.total or rng.choice((60, 120, 200) if self.theme == "deaths" else (180, 240))
        found = [self._any() for _ in range(total)]
        found += [self._told_again(e) for e in found if e.kind == "block" and rng.random() < 0.4]
        found += self._habit(rng.randint(3, 11), history=rng.random() < 0.5)
        if rng.random() < 0.12:
            found += self._habit(rng.randint(50, 55), history=True)
        found += self._freezing()
        if self.total is None and rng.random() < 0.2:
            at = self.now - timedelta(seconds=rng.uniform(0, 20_000))
            cursed = self._share(at, history=False)
            cursed.hash = cursed.fields["hash"] = CURSE
            found.append(cursed)
        self._part(found)
        return found

    def _part(self, events: list[Event]) -> None:
        """No two miners reach the same at the same moment: then ids would decide the champion."""
        who: dict[tuple[datetime, float], str] = {}
        for event in events:
            if event.kind != "best" and not event.accepted:
                continue
            while who.setdefault((event.at, event.sdiff), event.address) != event.address:
                event.sdiff = math.nextafter(event.sdiff, math.inf)
                event.fields["diff" if event.kind == "best" else "sdiff"] = repr(event.sdiff)

    def poison(self) -> list[dict[str, str]]:
        """Unreadable fields."""
        made = []
        for label in self.rng.sample(sorted(POISONS), self.rng.randint(3, 10)):
            event = self._share(self.now - timedelta(minutes=1), history=False)
            event.fields |= {"accepted": "true", "sdiff": "7000", "diff": "1000"}
            event.fields["ts"] = f"{self.now.timestamp() - 60:.6f}"
            POISONS[label](event.fields, Scene(self.rng, self.now.timestamp(), NETWORK))
            made.append(event.fields)
        return made

    def _habit(self, weeks: int, *, history: bool) -> list[Event]:
        """One miner with a share in each of so many weeks, a gap perhaps."""
        who = self.rng.choice(self.addresses)
        gap = self.rng.randrange(weeks * 2)
        made = []
        for back in range(1, weeks + 1):
            if back == gap:
                continue
            at = self.monday - timedelta(weeks=back)
            at += timedelta(seconds=self.rng.uniform(0, 600_000))
            old = at < self.now - timedelta(days=85)
            made.append(self._share(at, history=history or old, who=who))
        return made

    def _freezing(self) -> list[Event]:
        """A miner with so many weeks in a row that freezes cover the ones that are missing."""
        rng = self.rng
        self.freezing = rng.choice(self.addresses)
        weeks = rng.randint(12, 22)
        missed = set(rng.sample(range(1, weeks - 8), rng.randint(1, 2)))
        made = []
        for back in range(1, weeks + 1):
            at = self.monday - timedelta(weeks=back) + timedelta(seconds=rng.uniform(0, 600_000))
            if back not in missed:
                old = at < self.now - timedelta(days=85)
                made.append(self._share(at, history=old, who=self.freezing))
        return made

    def orders(self) -> list[Order]:
        """Corrections that take a level away and give it back; and a switch in the past.

        None for the real services: nobody is there to give them.
        """
        if self.total is not None:
            return []
        rng, who = self.rng, self.freezing
        found = [Order(who, self.now, amount=n) for n in (rng.randint(300, 700), -250, 245)]
        if rng.random() < 0.7:
            off = self.monday - timedelta(weeks=rng.randint(1, 8), seconds=rng.randint(1, 10**5))
            found.append(Order(who, off, freezes_on=False))
            if rng.random() < 0.6:
                on = off + timedelta(weeks=rng.randint(0, 3), seconds=1)
                found.append(Order(who, min(on, self.now), freezes_on=True))
        return found

    @property
    def monday(self) -> datetime:
        """The begin of the week in which everything happens."""
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=midnight.weekday())

    def _any(self) -> Event:
        chance = self.rng.random()
        at, history = self._when()
        if chance < 0.86:
            return self._share(at, history=history)
        if chance < 0.92:
            return self._best(at, history=history)
        if chance < 0.945:
            return self._block(at, history=history)
        return self._connection(at, history=history)

    def _when(self) -> tuple[datetime, bool]:
        """When it was mined, and whether it is marked as history."""
        rng = self.rng
        chance = rng.random()
        if chance < 0.4:
            at = self.now - timedelta(seconds=rng.expovariate(1 / 20_000))
        elif chance < 0.65:
            at = self._edge()
        elif chance < 0.85:
            at = self.now - timedelta(seconds=rng.uniform(0, 60 * 86_400))
        else:
            at = self.now - timedelta(seconds=rng.uniform(0, 400 * 86_400))
        at = min(at, self.now + timedelta(minutes=4))
        age = self.now - at
        history = age > timedelta(days=85) or (age > timedelta(days=1) and rng.random() < 0.2)
        return at, history

    def _edge(self) -> datetime:
        """Around a Monday's, a day's or an hour's beginning, ±1 µs."""
        rng = self.rng
        at = self.now.replace(minute=0, second=0, microsecond=0)
        if rng.random() < 0.8:
            at = at.replace(hour=0)
            if rng.random() < 0.8:
                at -= timedelta(days=at.weekday(), weeks=rng.randrange(6))
        return at + rng.choice((-_US, timedelta(), _US, timedelta(milliseconds=-1)))

    def _share(self, at: datetime, *, history: bool, who: str | None = None) -> Event:
        rng = self.rng
        event = self._event("share", at, history, who=who)
        event.diff = rng.choice(_DIFFS)
        event.accepted = who is not None or rng.random() < self.accepted
        event.sdiff = rng.choice(_TIES) if rng.random() < 0.4 else 1000 / (1 - rng.random())
        event.fields |= {"diff": event.diff, "accepted": str(event.accepted).lower()}
        if not event.accepted:
            event.sdiff = rng.choice((-1.0, event.sdiff, 5e13, event.sdiff))
            event.errn = rng.choice((None, -1, 1, 2, 5))
            if event.errn is not None:
                event.fields |= {"errn": str(event.errn), "reject_reason": "Stale"}
        event.fields["sdiff"] = repr(event.sdiff)
        event.hash = event.fields["hash"] = f"{rng.getrandbits(200):064x}"
        return event

    def _best(self, at: datetime, *, history: bool) -> Event:
        event = self._event("best", at, history)
        event.sdiff = self.rng.choice((*_TIES, 2e9, 3e6))
        event.fields |= {"diff": repr(event.sdiff), "period": "alltime"}
        return event

    def _block(self, at: datetime, *, history: bool) -> Event:
        event = self._event("block", at, history)
        event.sdiff = 1.5e14
        event.hash = f"{self.rng.getrandbits(180):064x}"
        event.fields |= {"diff": "1.5e14", "hash": event.hash, "height": "900000"}
        if self.rng.random() < 0.5:
            event.fields["reward"] = "315732911"
        # A sixth of the blocks is never backed, a sixth only by what is told of it again.
        return _told(event, backed=int(event.hash, 16) % 6 < 4)

    def _told_again(self, block: Event) -> Event:
        """Another pool's word on the same block."""
        assert block.hash is not None
        told = replace(block, fields=dict(block.fields))
        told.fields |= {"source": "gamma", "event_id": f"{block.fields['event_id']}-again"}
        return _told(told, backed=int(block.hash, 16) % 6 in (2, 3, 4))

    def _connection(self, at: datetime, *, history: bool) -> Event:
        return self._event("came" if self.rng.random() < 0.6 else "went", at, history)

    def _event(self, kind: Kind, at: datetime, history: bool, *, who: str | None = None) -> Event:
        rng = self.rng
        self.made += 1
        if who is None:
            who = rng.choices(self.addresses, self.weights)[0]
        worker = rng.choice(self.workers[who])
        fields = {"source": rng.choice(("alpha", "alpha", "beta")), "ts": _stamp(at)}
        fields["event_id"] = f"{kind}-{self.seed}-{self.made}"
        if history:
            fields["history"] = "true"
        told = who.upper() if who.startswith("bc1") and rng.random() < 0.2 else who
        spelled = worker.upper() if rng.random() < 0.2 else worker
        if rng.random() < 0.15:
            fields |= {"user": told + rng.choice("._") + spelled}
        else:
            fields |= {"user": told, "worker": "" if worker == "default" else spelled}
        return Event(kind, who, worker.casefold(), at, history, fields=fields)


def _told(block: Event, *, backed: bool) -> Event:
    block.backed = backed
    block.fields["backed"] = str(backed).lower()
    return block


def _stamp(at: datetime) -> str:
    whole = int((at.replace(microsecond=0) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    return f"{whole}.{at.microsecond:06d}"


def _deliver(
    rng: Random,
    case: Case,
    poison: list[dict[str, str]],
    quests: list[Event],
    *,
    once: float,
) -> Iterator[Sent]:
    """Every event at least once, many twice or more, more or less out of order."""
    one: list[tuple[float, Event | None, dict[str, str], bool]] = []
    order = sorted(case.events, key=lambda e: e.at) if rng.random() < 0.5 else case.events
    spread = rng.choice((0.0, 5.0, 1e6))
    again = 0.4 if case.theme == "dense" else rng.choice((0.05, 0.2, 0.4))
    for place, event in enumerate(order):
        single = not event.history and rng.random() < once
        if single:  # its identity is the entry's, and so, perhaps, is its time
            del event.fields["event_id"]
        repeatable = not single and not event.cursed
        where = place + rng.uniform(0, spread)
        one.append((where, event, event.fields, repeatable))
        while repeatable and rng.random() < again:
            near = rng.random() < 0.5
            where += rng.uniform(0, 6) if near else rng.uniform(0, len(order))
            one.append((where, event, event.fields, True))
    for fields in poison:
        for _ in range(rng.choice((1, 1, 2))):
            one.append((rng.uniform(0, len(order)), None, fields, False))
    one += _deliver_quests(Random(f"quest deliveries/{case.seed}"), quests, len(order))
    one.sort(key=lambda item: item[0])
    for ordinal, (_, event_, fields, repeatable) in enumerate(one):
        entry_id = case.entry_id(ordinal)
        if event_ is not None and not repeatable and not event_.cursed and rng.random() < 0.5:
            event_.fields.pop("ts")
            ms = int(entry_id.partition("-")[0])
            event_.at = datetime.fromtimestamp(ms // 1000, UTC).replace(
                microsecond=ms % 1000 * 1000
            )
        stream = QUEST_COMPLETED if "quest" in fields else SHARE_SUBMITTED
        if event_ is not None:
            stream = _STREAM[event_.kind]
        yield Sent(entry_id, stream, fields, event_, repeatable)


def _deliver_quests(
    rng: Random, quests: list[Event], places: int
) -> Iterator[tuple[float, Event | None, dict[str, str], bool]]:
    """Every report up to five times; one of no quest is poison."""
    for event in quests:
        good = event.quest in QUESTS
        for _ in range(rng.randint(1, 5) if good else 1):
            yield rng.uniform(0, places), event if good else None, event.fields, good
