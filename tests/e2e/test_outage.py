"""The API stops and comes back: the page says so, and recovers."""

from __future__ import annotations

import contextlib
import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Route, expect

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


def test_after_reconnecting_badges_earned_offline_appear(open_page: Open, outage: Game) -> None:
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
    expect(page.get_by_text("2 of 20 earned")).to_be_visible()
    outage.publish(share(miner, sdiff=3e9))  # and it is live in earnest
    expect(page.get_by_text("3 of 20 earned")).to_be_visible()


def test_a_page_that_cannot_be_loaded_says_so_and_retries(
    open_page: Open, outage: Game, town: Town
) -> None:
    page = open_page("/badges", allowed=(AWAY,))  # from now on the browser has the page's code
    page.goto(outage.url)
    live(page)
    outage.api.end(signal.SIGKILL)
    page.get_by_role("link", name="Badges").first.click()
    alert = page.get_by_role("alert").filter(has_text="We could not reach the game.")
    expect(alert).to_be_visible()
    expect(alert).not_to_contain_text(re.compile("fetch|undefined|null|Error", re.IGNORECASE))
    again = alert.get_by_role("button", name=re.compile("Try again|Trying"))
    again.click()
    expect(alert).to_be_visible()
    outage.start("serve")
    with contextlib.suppress(PlaywrightError):  # it tries by itself too, and may be quicker
        again.click(timeout=3_000)
    expect(page.locator(".catalogue a")).to_have_count(20)
    expect(alert).to_have_count(0)


def test_a_page_whose_code_is_gone_after_an_upgrade_is_loaded_again(
    open_page: Open, game: Game, town: Town
) -> None:
    page = open_page("/", own=True, allowed=("status of 404 .*/assets/QuestsPage",))
    live(page)
    page.evaluate("() => { window.before = true }")
    page.route(re.compile("/assets/QuestsPage-"), lambda route: route.fulfill(status=404))
    page.get_by_role("link", name="Quests").first.click()
    title = page.get_by_role("heading", level=1)
    # By itself once. Whoever has the file deleted as well is told, and can try again.
    expect(title).to_have_text("This page did not load")
    assert page.evaluate("() => window.before") is None
    page.unroute_all()
    page.get_by_role("button", name="Load the page again").click()
    expect(title).to_have_text("Quests")


def test_a_page_whose_code_cannot_be_loaded_stays_until_the_game_is_back(
    open_page: Open, outage: Game, town: Town
) -> None:
    page = open_page("/", own=True, allowed=(AWAY,))
    live(page)
    page.evaluate("() => { window.before = true }")
    outage.api.end(signal.SIGKILL)
    page.get_by_role("link", name="Quests").first.click()
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_text("This page did not load")
    again = page.get_by_role("button", name="Load the page again")
    again.click()
    said = page.get_by_role("status").filter(has_text="We could not reach the game.")
    expect(said).to_be_visible()
    assert page.evaluate("() => window.before"), "a reload would have lost the page"
    outage.start("serve")
    again.click()
    expect(title).to_have_text("Quests")


@pytest.mark.parametrize(
    ("status", "words", "number"),
    [(429, "Too many requests.", ""), (500, "The server had a problem.", "0a1b2c3d" * 4)],
)
def test_a_refusal_shows_its_reason(
    open_page: Open, town: Town, status: int, words: str, number: str
) -> None:
    page = open_page("/", allowed=(f"status of {status}",), own=True)

    def refuse(route: Route) -> None:
        problem = {"type": "/problems/x", "title": "x", "request_id": "0a1b2c3d" * 4}
        route.fulfill(status=status, json=problem, content_type="application/problem+json")

    page.route("**/api/v1/badges", refuse)
    page.get_by_role("link", name="Badges").first.click()
    alert = page.get_by_role("alert").filter(has_text=words)
    expect(alert).to_contain_text(number)
    expect(alert).not_to_contain_text(re.compile("reach|keep trying"))
    assert ("0a1b" in alert.inner_text()) == bool(number)
    page.unroute("**/api/v1/badges")
    alert.get_by_role("button", name="Try again").click()
    expect(page.locator(".catalogue a")).to_have_count(20)
