"""Badges: the catalogue, one badge, its states, and all of it with the keyboard alone."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.audit import FOCUSED
from tests.e2e.conftest import Open
from tests.e2e.game import Game, share
from tests.e2e.people import CUT, UNKNOWN, new_key, sign_in
from tests.e2e.town import Town


def test_the_catalogue_shows_every_badge(open_page: Open, game: Game, town: Town) -> None:
    page = open_page("/badges")
    expect(page.get_by_role("heading", level=1)).to_have_text("Twenty badges")
    cards = page.locator(".catalogue").get_by_role("link")
    every = game.ask("/badges")["badges"]
    closed = [badge for badge in every if not badge["open"]]
    expect(cards).to_have_count(20 - len(closed))
    page.get_by_text(f"{len(closed)} badges are not open yet").click()
    expect(cards).to_have_count(20)
    listed = sorted(every, key=lambda badge: (not badge["open"], badge["sort_order"]))
    for card, badge in zip(cards.all(), listed, strict=True):
        expect(card).to_contain_text(badge["name"])
        kind = f"{badge['rarity']} · {badge['category']}"
        expect(card).to_contain_text(re.compile(kind, re.IGNORECASE))
        held = f"of miners ({badge['total_earned']})" if badge["total_earned"] else "Nobody yet"
        expect(card).to_contain_text(held)
    drawings = cards.locator("svg").evaluate_all(
        "all => all.map(svg => svg.innerHTML.replace(/(id=\"|url\\(#)[^\")]*/g, ''))"
    )
    assert len(set(drawings)) == 20


def test_badge_pages_show_somebody_signed_in_their_own_badges(
    open_page: Open, game: Game, town: Town
) -> None:
    key = new_key()
    game.mine(share(key.address, sdiff=5.0), miner=key.address)
    page = open_page("/sign-in", quiet=True, allowed=(UNKNOWN, CUT))
    sign_in(page, key)
    page.goto(f"{game.url}/badges")
    expect(page.get_by_text("You have 1 of 20.")).to_be_visible()
    card = page.get_by_role("link", name=re.compile("^First Hash"))
    expect(card).to_contain_text("You earned it on")
    expect(card.locator("svg.art-badge")).to_have_class(re.compile("art-badge-earned"))
    other = page.get_by_role("link", name=re.compile("^Hash Thousand"))
    expect(other).to_contain_text("You: 1 of 1,000")
    other.click()
    expect(page.get_by_role("main")).to_contain_text("You: 1 of 1,000")
    page.goto(f"{game.url}/badges/coop_block")
    expect(page.get_by_role("main")).to_contain_text("Not open yet")


def test_a_badge_page_describes_the_badge(open_page: Open, game: Game, town: Town) -> None:
    page = open_page("/badges")
    page.get_by_role("link", name=re.compile("^Billion Club")).click()
    expect(page).to_have_url(f"{game.url}/badges/diff_1e9")
    badge = game.ask("/badges/diff_1e9")["badge"]
    main = page.get_by_role("main")
    expect(main.get_by_role("heading", level=1)).to_have_text(badge["name"])
    for words in (badge["description"], "Rare", "Mining", "100 XP"):
        expect(main).to_contain_text(words)
    expect(main).to_contain_text("One accepted share of difficulty 1.00\u00a0G or more.")
    expect(main).to_contain_text(f"of miners ({badge['total_earned']})")
    looks = page.locator(".stages svg").evaluate_all("all => all.map(s => s.classList[1])")
    assert looks == ["art-badge-locked", "art-badge-progress", "art-badge-earned"]
    earners = page.get_by_role("region", name="Recently earned").get_by_role("link")
    shown = [str(link.get_attribute("href")).removeprefix("/m/") for link in earners.all()]
    assert shown == [one["user"] for one in badge["recent_earners"]]
    assert town.veteran in shown


def test_a_miner_s_badge_tells_how_it_came_or_how_far_it_is(open_page: Open, town: Town) -> None:
    page = open_page(f"/m/{town.veteran}?badge=diff_1e9")
    dialog = page.get_by_role("dialog", name="Billion Club")
    expect(dialog).to_contain_text("by a share of difficulty 4.29\u00a0G from garage-qaxe")
    page = open_page(f"/m/{town.veteran}?badge=streak_52")
    dialog = page.get_by_role("dialog", name="Year of Mining")
    meter = dialog.get_by_role("progressbar")
    assert 0 < float(str(meter.get_attribute("value"))) < 1
    expect(dialog).to_contain_text(re.compile(r"\d+ of 52"))
    page = open_page(f"/m/{town.veteran}?badge=coop_block")
    dialog = page.get_by_role("dialog", name="Team Block")
    expect(dialog.locator("svg.art-badge")).to_have_class(re.compile("art-badge-locked"))
    expect(dialog).not_to_contain_text(re.compile("Earned (?!by)"))


def focused(page: Page) -> dict[str, Any] | None:
    """Where the keyboard is."""
    found: dict[str, Any] | None = page.evaluate(FOCUSED)
    return found


def test_skip_leads_past_the_bar(open_page: Open, town: Town) -> None:
    page = open_page("/badges")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert (focused(page) or {})["name"].startswith("First Hash")


def test_the_keyboard_alone_opens_and_leaves_a_badge(open_page: Open, town: Town) -> None:
    page = open_page(f"/m/{town.veteran}")
    for _ in range(60):
        page.keyboard.press("Tab")
        if "Billion Club" in (focused(page) or {"name": ""})["name"]:
            break
    place = page.get_by_role("button", name="Billion Club")
    expect(place).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Billion Club")
    expect(dialog).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?badge=diff_1e9$"))
    inside = "() => document.querySelector('[role=dialog]').contains(document.activeElement)"
    page.wait_for_function(inside)
    names = set()
    for _ in range(6):
        page.keyboard.press("Tab")
        page.wait_for_function(inside)  # past its last stop it begins again
        names.add((focused(page) or {"name": "nothing"})["name"])
    assert {"Close", "Who else has it"} <= names
    outside = {name for name in names if not name.startswith("Share")}
    assert len(outside) < len(names), names
    assert not any("Club" in name or "Skip" in name for name in outside)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(place).to_be_focused()
    expect(page).not_to_have_url(re.compile("badge="))


def test_the_year_opens_with_the_keyboard_on_a_phone(open_page: Open, town: Town) -> None:
    page = open_page(f"/m/{town.veteran}", width=390, height=844)
    week = page.get_by_role("button", name=re.compile(r"of 7 days. Show the year."))
    week.focus()
    page.keyboard.press("Space")
    dialog = page.get_by_role("dialog", name="Fifty-two weeks")
    expect(dialog.locator("td")).to_have_count(52)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(week).to_be_focused()
