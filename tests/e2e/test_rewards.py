"""The rewards panel: what a farm's hour leaves in it, and a recorded pool's rewards in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import servers
from tests.commands import tbg
from tests.e2e.conftest import Open, live, readers
from tests.e2e.game import Game, eventually, share
from tests.e2e.tabs import Tabs
from tests.e2e.town import Town

LOGS = Path(__file__).parents[1] / "fixtures" / "ckpool" / "b" / "logs"
HOUR = 3_600.0
WEEK = 7 * 24 * HOUR


def panel(page: Page) -> Locator:
    """The panel with all its lines."""
    rewards = page.locator("#rewards")
    older = rewards.get_by_role("button", name="Show older")
    if older.count():
        older.click()
    return rewards


def test_an_hour_of_a_farm_is_one_line_beside_badges_and_weeks(
    open_page: Open, game: Game, town: Town
) -> None:
    farm = game.new_miner()
    weeks = [share(farm, ago=week * WEEK, sdiff=5.0, worker="rig1") for week in (3, 2, 1)]
    hour = [
        share(farm, ago=HOUR * (1 - n / 1_000), sdiff=5.0 + n, worker=f"rig{n % 40}")
        for n in range(1_000)
    ]
    game.mine(*weeks, *hour, miner=farm)
    page = open_page(f"/m/{farm}")
    live(page)
    lines = panel(page).locator("li")
    counted = lines.filter(has_text="× 100 shares")
    expect(lines.filter(has_text="New badge: Hash Thousand")).to_have_count(1)
    expect(lines.filter(has_text="New badge: First Hash")).to_have_count(1)
    assert lines.count() < 10
    assert sum(hundreds(line) for line in counted.all()) == 10

    before = hundreds(counted.first)
    game.publish(*[share(farm, sdiff=5.0, worker=f"rig{n % 40}") for n in range(300)])
    expect(counted.first).to_contain_text(f"{before + 3} × 100 shares")
    assert sum(hundreds(line) for line in counted.all()) == 13


def hundreds(line: Locator) -> int:
    """How many hundreds of shares a line counts."""
    found = re.search(r"([\d,]+) × 100 shares", line.inner_text())
    assert found is not None
    return int(found[1].replace(",", ""))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Game]:
    """The game of a real pool on regtest, from what it logged, on servers of its own."""
    folder = tmp_path_factory.mktemp("recorded")
    with servers.embedded() as (postgres, valkey):
        urls = {"database": postgres.url, "redis": valkey.url}
        game = Game(**urls, directory=folder, TBG_NETWORK="regtest")
        env = {
            "TBG_DATABASE_URL": postgres.url,
            "TBG_REDIS_URL": valkey.url,
            "TBG_DATA_DIR": str(folder),
            "TBG_NETWORK": "regtest",
        }
        try:
            game.start("serve", "ingest", "relay")
            collect = ("collect", LOGS, "--source", "b", "--once", "--tz", "UTC")
            done = tbg(*collect, "--from", "2026-11-01", env=env)
            assert done.returncode == 0, done.stderr
            eventually(
                lambda: game.ask("/public/stats")["shares_accepted"] == 2_921,
                lambda: "not all recorded shares were counted",
            )
            yield game
        finally:
            game.stop()


def test_rewards_of_a_recorded_pool_are_in_order_and_totals_never_run_backwards(
    browser: Tabs, game: Game, recorded: Game
) -> None:
    with readers(browser, recorded) as open_page:
        miners = [tile["user"] for tile in recorded.ask("/public/stats")["wall"]]
        assert len(miners) >= 4
        for miner in miners:
            page = open_page(f"/m/{miner}", own=True)
            lines = panel(page).locator("li")
            times = lines.locator("time").evaluate_all("all => all.map(one => one.dateTime)")
            assert len(times) > 1
            assert times == sorted(times, reverse=True)
            totals = [
                int(found[1].replace(",", ""))
                for text in lines.all_inner_texts()
                if (found := re.search(r"([\d,]+) shares in all", text))
            ]
            assert totals == sorted(totals, reverse=True)
            days = panel(page).get_by_role("heading", level=3).all_inner_texts()
            assert len(days) == len({day.split("\n")[0] for day in days})
