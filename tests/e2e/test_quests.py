"""The page of quests, for visitors and for whoever is signed in."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.axe import violations
from tests.e2e.conftest import REFUSED, Open, live
from tests.e2e.game import Game, share
from tests.e2e.people import CUT, OUT, UNKNOWN, new_key, sign_in
from tests.e2e.town import Town

ALLOWED = (UNKNOWN, OUT, CUT, REFUSED)


def test_a_share_completes_the_quest_of_the_day_while_its_miner_looks(
    open_page: Open, game: Game, town: Town
) -> None:
    key = new_key()
    page = open_page("/sign-in", own=True, quiet=True, allowed=ALLOWED)
    sign_in(page, key)
    page.goto(f"{game.url}/quests")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    live(page)
    today = page.get_by_role("region", name="Today")
    expect(today).to_contain_text("Not yet")
    game.publish(share(key.address, sdiff=5.0))
    expect(today).to_contain_text("Completed", timeout=15_000)
    week = page.get_by_role("region", name="This week")
    expect(week).to_contain_text("1 of 5 days")
    done = page.get_by_role("region", name="Completed")
    expect(done).to_contain_text("The Stove Is Lit")
    page.locator("summary").click()
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    page.emulate_media(color_scheme="light")
    assert violations(page) == []


def test_a_visitor_reads_all_quests_and_is_offered_to_sign_in(
    open_page: Open, game: Game, town: Town
) -> None:
    page = open_page("/quests", own=True)
    quests = game.ask("/quests")["quests"]
    expect(page.locator(".quest:visible")).to_have_count(len([q for q in quests if q["open"]]))
    page.get_by_text(re.compile("quests are not open yet")).click()
    expect(page.locator(".quest:visible")).to_have_count(len(quests))
    expect(page.locator("progress")).to_have_count(0)
    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    expect(page).to_have_url(re.compile("/sign-in"))
