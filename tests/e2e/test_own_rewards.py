"""The pages about somebody's own rewards, the credential of a badge, and operators' corrections."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tbg.adapters.simulator import DemoKey
from tests.e2e.axe import violations
from tests.e2e.conftest import REFUSED, Open, live
from tests.e2e.game import Game, eventually, share
from tests.e2e.people import CUT, OUT, UNKNOWN, new_key, sign_in
from tests.e2e.town import Town

ALLOWED = (UNKNOWN, OUT, CUT, REFUSED)
NONE = r"status of 404 .*/api/v1/credentials/"


PAID = """
SELECT count(*) FROM quest_completions JOIN user_addresses USING (user_id) WHERE address = $1
"""


def signed_in(open_page: Open, game: Game, shares: int = 1) -> tuple[Page, DemoKey]:
    """A miner with a few shares, at their browser."""
    key = new_key()
    game.mine(*[share(key.address, sdiff=5.0) for _ in range(shares)], miner=key.address)
    eventually(
        lambda: game.rows(PAID, key.address) == [(1,)], lambda: "the day's quest is not paid"
    )
    page = open_page("/sign-in", own=True, quiet=True, allowed=ALLOWED)
    sign_in(page, key)
    return page, key


def test_the_account_menu_leads_to_the_rewards_and_every_part_of_them(
    open_page: Open, game: Game, town: Town
) -> None:
    page, _ = signed_in(open_page, game)
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="My rewards").click()
    expect(page).to_have_url(f"{game.url}/rewards")
    parts = page.get_by_role("navigation", name="Your rewards")
    found = {}
    for name, title in (
        ("Badges", "Your badges"), ("XP", "Your XP"), ("Levels", "Your level"),
        ("Streak", "Your streak"), ("Feed", "Your rewards"),
    ):  # fmt: skip
        parts.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.locator(".skeleton")).to_have_count(0)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 844})
        found[name] = violations(page)
        assert page.evaluate("() => document.documentElement.scrollWidth") == 390
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1440, "height": 1000})
        found[name] += violations(page)
    assert not any(found.values()), found


def test_a_share_that_fills_a_hundred_is_in_the_feed_live_and_says_why(
    open_page: Open, game: Game, town: Town
) -> None:
    page, key = signed_in(open_page, game, shares=99)
    page.goto(f"{game.url}/rewards")
    live(page)
    rows = page.locator(".reward")
    expect(rows).to_have_count(2)  # a badge, and the quest of the day
    game.publish(share(key.address, sdiff=4_321.0, worker="garage"))
    row = rows.filter(has_text="1 × 100 shares")
    expect(row).to_contain_text("+1 XP")
    row.locator("summary").click()
    expect(row).to_contain_text("Your share number 100 filled this hundred.")
    expect(row).to_contain_text("garage")
    expect(row).to_contain_text(re.compile("4.32\u00a0k"))
    expect(page.get_by_role("region", name="This week")).to_contain_text("+56")


def test_the_shelf_shows_what_was_filtered_and_its_link_can_be_reloaded(
    open_page: Open, game: Game, town: Town
) -> None:
    page, _ = signed_in(open_page, game)
    page.goto(f"{game.url}/rewards/badges")
    cards = page.locator("[data-shelf-card]:visible")
    opened = [badge for badge in game.ask("/badges")["badges"] if badge["open"]]
    expect(cards).to_have_count(len(opened))
    page.get_by_role("button", name="Earned 1").click()
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("First Hash")
    expect(page).to_have_url(f"{game.url}/rewards/badges?show=earned")
    page.get_by_role("combobox", name="Rarity").select_option("Epic")
    expect(cards).to_have_count(0)
    page.reload()
    expect(page.get_by_role("combobox", name="Rarity")).to_have_value("epic")
    page.get_by_role("button", name="Show all").click()
    expect(cards).to_have_count(len(opened))


def test_a_badge_becomes_a_credential_that_anybody_can_check_until_it_is_revoked(
    open_page: Open, game: Game, town: Town, tmp_path: Path
) -> None:
    page, _ = signed_in(open_page, game)
    page.goto(f"{game.url}/rewards/badges?badge=first_share")
    dialog = page.get_by_role("dialog", name="First Hash")
    dialog.get_by_role("button", name="Make a credential").click()
    link = dialog.get_by_role("link", name="Its verification page")
    path = str(link.get_attribute("href"))
    files = {}
    for kind in ("PNG", "SVG", "JSON"):
        with page.expect_download() as download:
            dialog.get_by_role("link", name=kind).click()
        files[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[kind])
    assert violations(page) == []

    reader = open_page(path, own=True, quiet=True, allowed=(*ALLOWED, NONE))
    expect(reader.get_by_role("heading", level=1)).to_contain_text("Valid")
    expect(reader.get_by_role("main")).to_contain_text("First Hash")
    expect(reader.get_by_role("button", name="Share First Hash")).to_be_visible()
    assert violations(reader) == []
    chooser = reader.get_by_label(re.compile("Choose it"))
    for file in files.values():
        chooser.set_input_files(file)
        expect(reader.get_by_text("The file says exactly what the pool signed.")).to_be_visible()
        chooser.set_input_files([])
    text = files["JSON"].read_text(encoding="utf-8")
    files["JSON"].write_text(text.replace("First Hash", "Block Finder"), encoding="utf-8")
    chooser.set_input_files(files["JSON"])
    expect(reader.get_by_text(re.compile("^The file was altered"))).to_be_visible()

    dialog.get_by_role("button", name="Revoke").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Revoke it").click()
    expect(dialog.get_by_role("button", name="Make a credential")).to_be_visible()
    reader.reload()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("Revoked")
    reader.goto(f"{game.url}/credentials/{'0' * 32}")
    expect(reader.get_by_role("heading", level=1)).to_contain_text("No such credential")


def test_an_operator_corrects_xp_and_grants_a_badge_and_nobody_else_can(
    open_page: Open, game: Game, town: Town
) -> None:
    miner = new_key()
    game.mine(share(miner.address, sdiff=5.0), miner=miner.address)
    page, key = signed_in(open_page, game)
    page.goto(f"{game.url}/admin")
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    game.rows(
        "UPDATE users SET role = 'admin' WHERE id ="
        " (SELECT user_id FROM user_addresses WHERE address = $1)",
        key.address,
    )
    page.goto(f"{game.url}/")
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Operators").click()

    form = page.get_by_role("region", name="Correct XP")
    form.get_by_label("Miner").fill(miner.address)
    form.get_by_label("Take XP").check()
    form.get_by_label("Amount").fill("56")
    form.get_by_label("Reason").fill("counted twice")
    form.get_by_role("button", name="Check it").click()
    expect(form).to_contain_text("They have 55 XP: more than that cannot be taken.")
    form.get_by_label("Amount").fill("20")
    form.get_by_role("button", name="Check it").click()
    asked = page.get_by_role("alertdialog", name="Take XP?")
    expect(asked).to_contain_text("55 XP -20 = 35 XP")
    assert violations(page) == []
    asked.get_by_role("button", name="Take it").click()
    expect(form.get_by_role("status")).to_contain_text("has 35 XP now")
    entry = "SELECT amount, description FROM xp_ledger WHERE source = 'correction' AND user_id ="
    whose = " (SELECT user_id FROM user_addresses WHERE address = $1)"
    assert game.rows(entry + whose, miner.address) == [(-20, "counted twice")]

    form = page.get_by_role("region", name="Grant a badge")
    form.get_by_label("Miner").fill(miner.address)
    form.get_by_label("Badge", exact=True).select_option("Orange Piller")
    form.get_by_label("Reason").fill("met at the fair")
    form.get_by_role("button", name="Check it").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Grant it").click()
    expect(form.get_by_role("status")).to_contain_text("has the badge Orange Piller now")
    audited = game.rows(
        "SELECT action FROM audit_log WHERE subject = 'user:' ||" + whose + " AND actor_id IS"
        " NOT NULL AND action IN ('xp.correct', 'badge.grant') ORDER BY id",
        miner.address,
    )
    assert audited == [("xp.correct",), ("badge.grant",)]
    form.get_by_label("Badge", exact=True).select_option("Orange Piller")
    form.get_by_label("Reason").fill("once more")
    form.get_by_role("button", name="Check it").click()
    expect(form).to_contain_text("They have this badge already.")
