"""`tbg rewards replay`: a reward's notification again, or a sample of one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tbg.adapters.broadcast import Broadcast
from tbg.app.cli.rewards import SAMPLES
from tbg.app.domains import DOMAINS
from tbg.app.relay import Relay
from tbg.core.tx import Database
from tbg.domains.accounts.events import AccountChanged
from tests.commands import tbg
from tests.conftest import NOW
from tests.domains.gamification.play import ALICE, execute, play, rows, share


@pytest.fixture
def env(fresh_database: str, redis_url: str) -> dict[str, str]:
    return {"TBG_DATABASE_URL": fresh_database, "TBG_REDIS_URL": redis_url}


async def earned(db: Database) -> str:
    """The id of the event of a first share."""
    await play(db, [share(NOW)])
    ((event_id,),) = await rows(db, "SELECT event_id::text FROM outbox WHERE type = 'BadgeEarned'")
    return str(event_id)


async def frames(db: Database) -> list[tuple[Any, ...]]:
    return await rows(db, "SELECT user_id, id, channel, type, data FROM frames ORDER BY id")


async def test_an_event_is_sent_again_as_it_was(
    db: Database, redis: Any, env: dict[str, str]
) -> None:
    event_id = await earned(db)
    await Relay(db, Broadcast(redis)).drain()
    before = await frames(db)
    (first,) = [frame for frame in before if frame[3] == "badge_earned"]
    done = tbg("rewards", "replay", event_id, "--json", env=env)
    assert done.returncode == 0, done.stderr
    *_, again = await frames(db)
    assert len(await frames(db)) == len(before) + 1
    assert again[1] == before[-1][1] + 1, "it has the next number"
    assert again[2:4] == first[2:4]
    times = {"notification": again[4]["notification"]}
    assert again[4] == first[4] | times
    (payload,) = json.loads(done.stdout)
    assert payload["type"] == "badge_earned"
    assert payload["data"]["notification"]["title"] == 'Badge Earned: "First Hash"'


async def test_a_dry_run_sends_nothing(db: Database, env: dict[str, str]) -> None:
    event_id = await earned(db)
    done = tbg("rewards", "replay", event_id, "--dry-run", env=env)
    assert (done.returncode, await frames(db)) == (0, [])
    assert "1 would be sent to socket" in done.stdout


async def test_without_an_event_the_latest_are_listed(db: Database, env: dict[str, str]) -> None:
    assert tbg("rewards", "replay", env=env).stdout == "No rewards in the last week.\n"
    event_id = await earned(db)
    listed = tbg("rewards", "replay", env=env).stdout
    assert event_id in listed
    assert "BadgeEarned" in listed


async def test_a_sample_is_a_notification_alone(db: Database, env: dict[str, str]) -> None:
    await play(db, [share(NOW)])
    done = tbg("rewards", "replay", "--sample", "level_up", "--user", ALICE, env=env)
    assert done.returncode == 0, done.stderr
    ((_, number, _, type_, data),) = await frames(db)
    assert (number, type_) == (1, "notification")
    assert data["notification"]["subtype"] == "level_up"


def test_there_is_a_sample_of_each_notification_of_rewards() -> None:
    (presenters,) = [one.presenters for one in DOMAINS if one.name == "gamification"]
    silent = {"XpGained"}  # the badge, level or streak that it comes with says so
    assert {type(event) for event in SAMPLES} == {
        event for event in presenters if event.__name__ not in silent
    }


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["x"], 2, "not the id of an event"),
        (["00000000-0000-7000-8000-000000000000"], 1, "there is no event"),
        (["--sample", "nothing", "--dry-run"], 2, "there is no sample nothing"),
        (["--sample", "level_up"], 2, "--user"),
        (["--sample", "level_up", "--user", "nobody"], 1, "there is no user called nobody"),
        (["x", "--sample", "level_up"], 2, "not both"),
        (["x", "--to", "discord"], 2, "nothing can be sent to discord yet"),
    ],
)
async def test_what_cannot_be_sent_is_refused(
    db: Database, env: dict[str, str], words: list[str], code: int, why: str
) -> None:
    done = tbg("rewards", "replay", *words, env=env)
    assert done.returncode == code
    assert why in done.stderr


async def test_an_event_that_is_no_reward_is_refused(db: Database, env: dict[str, str]) -> None:
    async with db.transaction() as tx:
        tx.announce(AccountChanged(user_id=1, action="key.create", about=None, at=NOW))
    ((event_id,),) = await rows(db, "SELECT event_id::text FROM outbox")
    done = tbg("rewards", "replay", event_id, env=env)
    assert (done.returncode, "is no reward" in done.stderr) == (2, True)


async def test_an_event_of_a_user_who_left_is_refused(db: Database, env: dict[str, str]) -> None:
    event_id = await earned(db)
    await execute(db, "DELETE FROM user_addresses")
    done = tbg("rewards", "replay", event_id, env=env)
    assert (done.returncode, "has left" in done.stderr) == (1, True)
    assert await frames(db) == []
