"""What has run out is cleaned away, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from redis.asyncio import Redis

from tbg.core import limits
from tbg.core.clock import FixedClock
from tbg.core.tx import Database
from tbg.domains.accounts.jobs import clean_tokens
from tests.accounts import player, sign_in, signed_challenge
from tests.api import client_of, make_app


async def test_what_has_run_out_goes_and_the_rest_stays(
    db: Database, redis: Redis, clock: FixedClock
) -> None:
    async with client_of(make_app(db, redis)) as client:
        me = await sign_in(client)
        wish = {"name": "n", "scope": "read"}
        headers = {"Idempotency-Key": "one"}
        await me.ask("POST", "/users/me/api-keys", json=wish, headers=headers)
        for handle in ("stoker", None):
            await me.ask("PATCH", "/users/me", json={"handle": handle})
        assert not await clean_tokens(db)
        clock.move(limits.CHALLENGE_AGE + timedelta(seconds=1))
        await signed_challenge(client, player(1))
        assert (await clean_tokens(db)) == (1, 0, 0, 0)
        clock.move(limits.IDEMPOTENCY_AGE)
        assert (await clean_tokens(db)) == (1, 0, 1, 0)
        clock.move(limits.SESSION_AGE - limits.IDEMPOTENCY_AGE - timedelta(seconds=1))
        ended = await sign_in(client)  # and why it ended is told for a while
        assert (await ended.ask("POST", "/auth/logout")).status_code == 204
        clock.move(timedelta(seconds=1))
        await sign_in(client, 1)
        assert (await clean_tokens(db)) == (0, 1, 0, 1)
    async with db.transaction() as tx:
        for table, left in (("sessions", 2), ("refresh_tokens", 2), ("auth_challenges", 2)):
            assert await tx.value(f"SELECT count(*) FROM {table}") == left
