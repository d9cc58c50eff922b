"""Shares as chance makes them: achieved difficulty, the hash that goes with it, rejects."""

from __future__ import annotations

from functools import lru_cache
from random import Random

from tbg.adapters.simulator.devices import SimulatedMiner, SimulatedWorker
from tbg.adapters.simulator.plan import Plan

REJECTED = 0.005
"""Fraction of shares that a pool rejects."""

NETWORK_DIFF = 1.5e14
"""A share this hard is a block."""

_DIFF_ONE = float(0xFFFF << 208)
_BLOCK_SECONDS = 600
_JOB_SECONDS = 30
_WEEK_SECONDS = 7 * 86_400
_MONDAY = 4 * 86_400  # 1970-01-05 was a Monday
_HEIGHT, _HEIGHT_AT = 840_000, 1_713_571_767  # a block that everybody remembers

# How ckpool numbers and words them, and how often each happens among the rejects.
_REJECTS = ((2, "Stale"), (5, "Above target"), (1, "Invalid JobID"), (4, "Duplicate"))
_REJECT_WEIGHTS = (60, 25, 10, 5)


class Luck(Random):
    """A random source that remembers its last results, for duplicates of miners."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self.found: dict[str, tuple[str, str]] = {}


def share(
    plan: Plan,
    luck: Luck,
    miner: SimulatedMiner,
    worker: SimulatedWorker,
    *,
    ts: float,
    least: float = 0.0,
) -> dict[str, str]:
    """The fields of one share sent at `ts`; accepted for sure when `least` asks for an sdiff.

    P(sdiff > x) = diff / x for x ≥ diff: a hash is a number drawn evenly, and a share is one
    that fell below the target.
    """
    reach = max(worker.diff, least)
    sdiff = reach / (1.0 - luck.random())
    if not least and luck.random() < REJECTED:
        return _rejected(plan, luck, miner, worker, sdiff, ts)
    digest = _digest(luck, sdiff)
    text = repr(sdiff)
    luck.found[worker.name] = (text, digest)
    return _fields(plan, miner, worker, ts) | {
        "sdiff": text,
        "accepted": "true",
        "hash": digest,
        "event_id": digest,
    }


def _fields(
    plan: Plan, miner: SimulatedMiner, worker: SimulatedWorker, ts: float
) -> dict[str, str]:
    height, workinfoid = _job(int(ts) // _JOB_SECONDS)
    fields = {
        "user": miner.address,
        "worker": worker.name,
        "diff": worker.diff_text,
        "source": plan.source,
        "height": height,
        "workinfoid": workinfoid,
        "agent": worker.device.agent,
        "ts": f"{ts:.6f}",
    }
    if plan.is_history(ts):
        fields["history"] = "true"
    return fields


def _rejected(
    plan: Plan, luck: Luck, miner: SimulatedMiner, worker: SimulatedWorker, sdiff: float, ts: float
) -> dict[str, str]:
    errn, reason = luck.choices(_REJECTS, _REJECT_WEIGHTS)[0]
    text, digest = repr(sdiff), _digest(luck, sdiff)
    if errn == 5:
        sdiff = worker.diff * luck.uniform(0.01, 0.99)
        text, digest = repr(sdiff), _digest(luck, sdiff)
    elif errn == 1:  # the job is unknown, so nothing was hashed
        text, digest = "-1", ""
    elif errn == 4:
        text, digest = luck.found.get(worker.name, (text, digest))
    fields = _fields(plan, miner, worker, ts) | {
        "sdiff": text,
        "accepted": "false",
        "errn": str(errn),
        "reject_reason": reason,
        "event_id": f"reject-{luck.getrandbits(96):024x}",
    }
    if digest:
        fields["hash"] = digest
    return fields


def _digest(luck: Luck, sdiff: float) -> str:
    """A block hash of this difficulty, as pools write it: 64 hex digits, zeros first."""
    number = int(_DIFF_ONE / sdiff)
    # A double has 53 digits; below them the hash is noise that does not change its difficulty.
    spare = number.bit_length() - 53
    return f"{number | luck.getrandbits(spare) if spare > 0 else number:064x}"


@lru_cache(maxsize=4096)
def _job(slot: int) -> tuple[str, str]:
    """Height and workinfoid of the job that is given out in this half minute."""
    now = slot * _JOB_SECONDS
    blocks, into = divmod(now - _HEIGHT_AT, _BLOCK_SECONDS)
    # One block in each ten minutes, at a moment that depends on nothing but its number.
    found = into >= (blocks * 2_654_435_761 >> 8) % _BLOCK_SECONDS
    started = now - (now - _MONDAY) % _WEEK_SECONDS
    return str(_HEIGHT + blocks + found), str((started << 32) + (now - started) // _JOB_SECONDS)


def block_of(fields: dict[str, str]) -> dict[str, str] | None:
    """The pool's word on a block, when this share is one."""
    if fields["accepted"] != "true" or float(fields["sdiff"]) < NETWORK_DIFF:
        return None
    kept = ("user", "worker", "height", "hash", "source", "ts", "history")
    return {name: fields[name] for name in kept if name in fields} | {
        "diff": fields["sdiff"],
        "reward": "315732911",
        "backed": "true",
        "event_id": f"block-{fields['hash']}",
    }
