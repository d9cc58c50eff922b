"""Bugs on the way in: reading, decoding, claiming, committing, acknowledging, trimming."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from unittest.mock import patch
from uuid import UUID

import orjson
from redis.exceptions import ResponseError

from lab.faults.compare import Sort
from lab.faults.mutants.mutant import Method, Mutant, replaced
from tbg.adapters.streams import DEAD_LETTER, GROUP, Entry, Fact, Reader, Rules, Share
from tbg.adapters.streams.decode import STREAMS
from tbg.app import ingest
from tbg.app.ingest import Ingest
from tbg.core import inbox
from tbg.core.inbox import Claimed
from tbg.core.tx import Database, Tx

_LOST: frozenset[Sort] = frozenset({"lost"})
_DOUBLED: frozenset[Sort] = frozenset({"doubled"})
_WRONG: frozenset[Sort] = frozenset({"wrong"})
_ERROR: frozenset[Sort] = frozenset({"error"})
_EITHER: frozenset[Sort] = _LOST | _DOUBLED


@dataclass(frozen=True, slots=True)
class _Hand:
    """What the running commit is processing."""

    database: Database
    facts: Mapping[UUID, Fact]


_hand: ContextVar[_Hand] = ContextVar("hand")


def _in_hand(real: Method) -> Method:
    async def commit(self: Ingest, facts: dict[UUID, Fact]) -> None:
        _hand.set(_Hand(self.database, facts))
        await real(self, facts)

    return commit


@contextmanager
def _claiming(claim: Method) -> Iterator[None]:
    """Another `inbox.claim`, which may look at what is being processed."""
    with ExitStack() as stack:
        stack.enter_context(replaced(Ingest, "_commit", _in_hand)())
        stack.enter_context(patch.object(inbox, "claim", claim))
        yield


def _ack_first(real: Method) -> Method:
    async def settle(self: Ingest, facts: dict[UUID, Fact], owners: dict[UUID, Any]) -> None:
        await self.reader.acknowledge([entry for key in facts for entry in owners[key]])
        await real(self, facts, owners)

    return settle


def _ack_all(real: Method) -> Method:
    async def acknowledge(self: Reader, entries: list[Entry]) -> None:
        await real(self, entries)
        for stream in STREAMS:
            pending = await self.redis.xpending_range(stream, GROUP, "-", "+", 1000, self.consumer)
            if pending:
                await self.redis.xack(stream, GROUP, *(one["message_id"] for one in pending))

    return acknowledge


def _key_of_entry(real: Any) -> Any:
    def decode(stream: str, entry_id: str, fields: Mapping[bytes, bytes], rules: Rules) -> Fact:
        digest = blake2b(f"{stream}\0{entry_id}".encode(), digest_size=16).digest()
        fact: Fact = real(stream, entry_id, fields, rules)
        return fact._replace(key=UUID(bytes=digest))

    return decode


def _processing_time(real: Any) -> Any:
    def decode(stream: str, entry_id: str, fields: Mapping[bytes, bytes], rules: Rules) -> Fact:
        fact: Fact = real(stream, entry_id, fields, rules)
        return fact if fact.history else fact._replace(at=rules.now)

    return decode


@contextmanager
def _check_then_insert() -> Iterator[None]:
    async def claim(tx: Tx, digests: Mapping[UUID, int]) -> Claimed:
        keys = sorted(digests)
        rows = await tx.rows("SELECT key FROM event_keys WHERE key = ANY(:keys)", keys=keys)
        fresh = frozenset(keys) - {row.key for row in rows}
        await tx.run(
            """
            INSERT INTO event_keys (key, digest, seen_on)
            SELECT key, 0, :today FROM unnest(:keys ::uuid[]) AS t (key) ON CONFLICT DO NOTHING
            """,
            keys=sorted(fresh),
            today=tx.now.date(),
        )
        return Claimed(fresh, frozenset())

    with patch.object(inbox, "claim", claim):
        yield


@contextmanager
def _keys_first() -> Iterator[None]:
    real = inbox.claim

    async def claim(tx: Tx, digests: Mapping[UUID, int]) -> Claimed:
        async with _hand.get().database.transaction() as other:
            return await real(other, digests)

    with _claiming(claim):
        yield


@contextmanager
def _remembered_in_memory() -> Iterator[None]:
    seen: dict[int, set[UUID]] = {}

    async def claim(tx: Tx, digests: Mapping[UUID, int]) -> Claimed:
        mine = seen.setdefault(id(_hand.get().database), set())
        fresh = frozenset(digests) - mine
        mine |= fresh
        return Claimed(fresh, frozenset())

    with _claiming(claim):
        yield


@contextmanager
def _repeats_counted() -> Iterator[None]:
    real = inbox.claim

    async def claim(tx: Tx, digests: Mapping[UUID, int]) -> Claimed:
        claimed = await real(tx, digests)
        facts = _hand.get().facts
        again = [facts[key] for key in digests if key not in claimed.fresh]
        for fact in sorted(again, key=lambda fact: fact.address):
            if isinstance(fact, Share) and fact.accepted:
                await tx.run(
                    """
                    UPDATE user_gamification SET total_shares = total_shares + 1 WHERE user_id
                        = (SELECT user_id FROM user_addresses WHERE address = :address)
                    """,
                    address=fact.address,
                )
        return claimed

    with _claiming(claim):
        yield


def _group_at_the_end(real: Method) -> Method:
    async def ensure_group(self: Reader) -> None:
        for stream in STREAMS:
            try:
                await self.redis.xgroup_create(stream, GROUP, id="$", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    return ensure_group


def _trim_too_far(real: Method) -> Method:
    async def trim(self: Reader) -> None:
        for stream in STREAMS:
            for group in await self.redis.xinfo_groups(stream):
                floor = group["last-delivered-id"]
                await self.redis.xtrim(stream, minid=floor, approximate=False)

    return trim


def _bury_in_two_steps(real: Method) -> Method:
    async def dead_letter_all(self: Reader, bad: Sequence[tuple[Entry, str, str]]) -> list[bool]:
        for entry, reason, detail in bad:
            letter = {"reason": reason, "detail": detail, "stream": entry.stream}
            letter |= {"entry_id": entry.id, "fields": orjson.dumps({}).decode()}
            await self.redis.xadd(DEAD_LETTER, letter)  # type: ignore[arg-type]
            await self.redis.xack(entry.stream, GROUP, entry.id)
        return [True] * len(bad)

    return dead_letter_all


def _bury_the_batch(real: Method) -> Method:
    async def settle(self: Ingest, facts: dict[UUID, Fact], owners: dict[UUID, Any]) -> None:
        entries = [entry for key in facts for entry in owners[key]]
        try:
            await self._commit(facts)
        except Exception as error:
            for entry in entries:
                await self.reader.dead_letter(entry, reason="failed", detail=str(error))
            return
        await self.reader.acknowledge(entries)

    return settle


def _claim_nothing(real: Method) -> Method:
    async def claim(self: Reader, **how: Any) -> list[Entry]:
        return []

    return claim


ARRIVAL = (
    Mutant(
        "ack_before_commit",
        "entries are acknowledged before their effects are committed",
        _LOST,
        replaced(Ingest, "_commit_part", _ack_first),
    ),
    Mutant(
        "ack_everything",
        "an acknowledgement takes with it what was read ahead",
        _LOST,
        replaced(Reader, "acknowledge", _ack_all),
    ),
    Mutant(
        "dedupe_by_entry_id",
        "an event is known by its entry's id, not its own",
        _DOUBLED,
        replaced(ingest, "decode", _key_of_entry),
    ),
    Mutant(
        "dedupe_in_memory",
        "each consumer remembers by itself what it has seen",
        _DOUBLED | _ERROR,  # the raw shares' own key may be what speaks up
        _remembered_in_memory,
    ),
    Mutant(
        "check_then_insert",
        "keys are looked up first, then inserted",
        _DOUBLED | _ERROR,
        _check_then_insert,
    ),
    Mutant(
        "keys_committed_first",
        "keys are committed in a transaction of their own, before the effects",
        _LOST,
        _keys_first,
    ),
    Mutant("repeats_counted", "a repeated share adds to the counter", _DOUBLED, _repeats_counted),
    Mutant(
        "counted_when_processed",
        "an event counts at the time it is processed",
        _EITHER | _WRONG,
        replaced(ingest, "decode", _processing_time),
    ),
    Mutant(
        "group_made_at_the_end",
        "a lost consumer group is made again at $",
        _LOST,
        replaced(Reader, "ensure_group", _group_at_the_end),
    ),
    Mutant(
        "trim_passes_pending",
        "trimming drops entries that are in hand and not committed",
        _LOST,
        replaced(Reader, "trim", _trim_too_far),
    ),
    Mutant(
        "no_claim",
        "entries of dead consumers are left to them",
        frozenset({"stuck", "lost"}),
        replaced(Reader, "claim", _claim_nothing),
    ),
    Mutant(
        "buried_in_two_steps",
        "a dead letter is written, then its entry acknowledged",
        _DOUBLED,
        replaced(Reader, "dead_letter_all", _bury_in_two_steps),
    ),
    Mutant(
        "batch_buried",
        "when a batch fails, all of it goes to the dead letters",
        _LOST,
        replaced(Ingest, "_commit_part", _bury_the_batch),
    ),
)
