"""What has run out is cleaned away, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from redis.asyncio import Redis

from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tbg.domains.accounts.jobs import Cleaned, clean_tokens
from tests.accounts import player, sign_in, signed_challenge
from tests.api import client_of, make_app


def gone(cleaned: Cleaned) -> dict[str, int]:
    return {name: rows for name, rows in cleaned._asdict().items() if rows}


async def test_only_expired_data_is_deleted(db: Database, redis: Redis, clock: FixedClock) -> None:
    async with client_of(make_app(db, redis)) as client:
        me = await sign_in(client)
        wish = {"name": "n", "scope": "read"}
        headers = {"Idempotency-Key": "one"}
        made = await me.ask("POST", "/users/me/api-keys", json=wish, headers=headers)
        await me.ask("POST", "/users/me/api-keys", json=wish)
        await me.ask("DELETE", f"/users/me/api-keys/{made.json()['api_key']['id']}")
        for handle in ("stoker", None):
            await me.ask("PATCH", "/users/me", json={"handle": handle})
        assert not await clean_tokens(db)
        clock.move(limits.CHALLENGE_AGE + timedelta(seconds=1))
        await signed_challenge(client, player(1))
        assert gone(await clean_tokens(db)) == {"challenges": 1}
        clock.move(limits.IDEMPOTENCY_AGE)
        assert gone(await clean_tokens(db)) == {"challenges": 1, "answers": 1}
        clock.move(limits.SESSION_AGE - limits.IDEMPOTENCY_AGE - timedelta(seconds=1))
        ended = await sign_in(client)  # and the reason for its end is shown for a while
        assert (await ended.ask("POST", "/auth/logout")).status_code == 204
        clock.move(timedelta(seconds=1))
        await sign_in(client, 1)
        assert gone(await clean_tokens(db)) == {"sessions": 1, "handles": 1, "keys": 1}
    clock.move(limits.ACTIVITY_KEPT - limits.SESSION_AGE + timedelta(seconds=1))
    assert gone(await clean_tokens(db))["activity"] > 0
    async with db.transaction() as tx:
        for table, left in (("api_keys", 1), ("account_activity", 3)):
            assert await tx.value(f"SELECT count(*) FROM {table}") == left
