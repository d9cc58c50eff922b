"""The API goes away and comes back: the page says so, and mends itself."""

from __future__ import annotations

import contextlib
import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from tests.e2e.conftest import Open, live
from tests.e2e.game import Game, eventually, share
from tests.e2e.town import Town

AWAY = r"ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_EMPTY_RESPONSE|WebSocket"
"""What the browser itself says of a server that is gone."""


@pytest.fixture
def outage(game: Game, town: Town) -> Iterator[Game]:
    """The game, whose API may be killed: it lives again afterwards."""
    yield game
    if not game.api.running:
        game.start("serve")


def test_it_reconnects_and_shows_what_was_earned_meanwhile(open_page: Open, outage: Game) -> None:
    miner = outage.new_miner()
    outage.mine(share(miner), miner=miner)
    page = open_page(f"/m/{miner}", allowed=(AWAY,))
    live(page)
    says = page.get_by_role("status").get_by_text("Reconnecting")
    expect(says).to_have_count(0)

    outage.api.end(signal.SIGKILL)
    expect(says).to_be_visible()
    expect(page.get_by_text("not live").first).to_be_visible()
    expect(page.get_by_role("button", name="First Hash")).to_be_visible()  # what is known stays
    outage.publish(share(miner, sdiff=2e6))
    eventually(
        lambda: outage.rows(
            "SELECT 1 FROM user_badges JOIN user_addresses USING (user_id)"
            " WHERE address = $1 AND badge_slug = 'diff_1e6'",
            miner,
        ),
        lambda: "the badge was not earned",
    )

    outage.start("serve")
    expect(says).to_have_count(0, timeout=15_000)
    live(page)
    expect(page.locator("#rewards li").filter(has_text="Million Club")).to_have_count(1)
    expect(page.locator(".kiln")).to_contain_text("Million Club")
    expect(page.get_by_text("2 of 20 fired")).to_be_visible()
    outage.publish(share(miner, sdiff=3e9))  # and it is live in earnest
    expect(page.get_by_text("3 of 20 fired")).to_be_visible()


def test_a_page_that_cannot_be_read_says_so_and_tries_again(
    open_page: Open, outage: Game, town: Town
) -> None:
    page = open_page("/", allowed=(AWAY,))
    live(page)
    outage.api.end(signal.SIGKILL)
    page.get_by_role("link", name="Badges").first.click()
    alert = page.get_by_role("alert").filter(has_text="We could not reach the pool.")
    expect(alert).to_be_visible()
    expect(alert).not_to_contain_text(re.compile("fetch|undefined|null|Error", re.IGNORECASE))
    again = alert.get_by_role("button", name=re.compile("Try again|Trying"))
    again.click()
    expect(alert).to_be_visible()
    outage.start("serve")
    with contextlib.suppress(PlaywrightError):  # it tries by itself too, and may be quicker
        again.click(timeout=3_000)
    expect(page.locator(".catalogue").get_by_role("link")).to_have_count(20)
    expect(alert).to_have_count(0)
