"""The ways between pages, and the policy they are under."""

from __future__ import annotations

import inspect
import re

import pytest
from playwright.sync_api import expect

from tbg.domains.gamification import presenters
from tests.e2e.conftest import REFUSED, Open, live, settled
from tests.e2e.game import Game, share
from tests.e2e.people import CUT, OUT, UNKNOWN, new_key, sign_in
from tests.e2e.town import Town


def test_the_policy_is_strict(open_page: Open, game: Game) -> None:
    # That it is kept, every test here shows: see `Watch`.
    page = open_page("/")
    asked = page.evaluate(
        "() => performance.getEntriesByType('resource').map(e => new URL(e.name).origin)"
    )
    assert set(asked) == {game.url}
    for path in ("/", "/m/x", "/badges", "/nowhere", "/api/v1/config"):
        headers = page.request.get(game.url + path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_the_policy_would_be_noticed(open_page: Open, game: Game) -> None:
    page = open_page("/badges", allowed=("policy: script-src", "Content.Security.Policy"))
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = true';"
        " document.head.append(s) }"
    )
    assert page.evaluate("() => window.ran") is None


def test_back_and_forward(open_page: Open, game: Game, town: Town) -> None:
    page = open_page("/")
    page.get_by_role("link", name="Badges").first.click()
    expect(page).to_have_url(f"{game.url}/badges")
    page.get_by_role("link", name=re.compile("^First Hash")).click()
    expect(page).to_have_url(f"{game.url}/badges/first_share")
    expect(page).to_have_title(re.compile("^First Hash"))
    page.get_by_role("region", name="Recently earned").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/m/"))
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("First Hash")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Twenty badges")
    page.go_back()
    expect(page.get_by_role("region", name="The wall of miners")).to_be_visible()
    page.go_forward()
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_have_text("First Hash")


def test_back_closes_an_open_badge(open_page: Open, game: Game, town: Town) -> None:
    page = open_page(f"/m/{town.veteran}")
    page.get_by_role("button", name="First Hash").click()
    dialog = page.get_by_role("dialog", name="First Hash")
    expect(dialog).to_be_visible()
    page.go_back()
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(f"{game.url}/m/{town.veteran}")


_SHARES = """Object.defineProperty(navigator, 'share', {
  value: async given => { window.shared = given },
})"""


@pytest.mark.parametrize(
    ("path", "what", "link"),
    [
        ("/m/{veteran}", "{short}", "/m/{veteran}"),
        ("/m/{veteran}", "Blocks found by {short}", "/m/{veteran}#blocks"),
        ("/m/{veteran}?badge=first_share", "First Hash", "/m/{veteran}?badge=first_share"),
        ("/badges/first_share", "First Hash", "/badges/first_share"),
    ],
)
def test_pages_that_people_share_hand_their_link_to_the_device(
    open_page: Open, game: Game, town: Town, path: str, what: str, link: str
) -> None:
    names = {"veteran": town.veteran, "short": f"{town.veteran[:4]}…{town.veteran[-4:]}"}
    page = open_page("/badges", own=True)
    page.add_init_script(_SHARES)
    page.goto(game.url + path.format(**names))
    page.get_by_role("button", name=f"Share {what.format(**names)}", exact=True).click()
    page.wait_for_function("() => window.shared")
    given = page.evaluate("() => window.shared")
    assert given == {"title": what.format(**names), "url": game.url + link.format(**names)}


@pytest.mark.parametrize("path", ["/m/{veteran}", "/badges/first_share"])
def test_a_link_can_be_reloaded_and_sent(open_page: Open, town: Town, path: str) -> None:
    page = open_page(path.format(**vars(town)))
    before = page.get_by_role("heading", level=1).inner_text()
    page.reload()
    settled(page)
    assert page.get_by_role("heading", level=1).inner_text() == before
    assert page.evaluate("() => document.querySelectorAll('main .panel').length") >= 2


@pytest.mark.parametrize("path", ["/nowhere", "/badges/nothing_of_the_kind"])
def test_an_unknown_page_offers_ways_on(open_page: Open, game: Game, path: str) -> None:
    page = open_page(path, allowed=(REFUSED,))
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    page.get_by_role("link", name="To the wall").click()
    expect(page).to_have_url(f"{game.url}/")
    expect(page.get_by_role("region", name="The wall of miners")).to_be_visible()


def test_an_unknown_api_path_is_not_a_page(game: Game, open_page: Open) -> None:
    page = open_page("/badges")
    for path in ("/api/v1/nowhere", "/health/nowhere", "/.well-known/nowhere"):
        answer = page.request.get(game.url + path)
        assert (answer.status, "html" in answer.headers["content-type"]) == (404, False)


def test_the_tabs_of_a_phone_lead_everywhere(open_page: Open, game: Game, town: Town) -> None:
    page = open_page(f"/m/{town.veteran}", width=390, height=844)
    live(page)
    tabs = page.get_by_role("navigation", name="Tabs")
    expect(tabs.locator('[aria-current="page"]')).to_have_text("Miner")
    tabs.get_by_role("link", name="Wall").click()
    expect(page).to_have_url(f"{game.url}/")
    tabs.get_by_role("link", name="Badges").click()
    expect(page).to_have_url(f"{game.url}/badges")
    tabs.get_by_role("link", name="Rewards").click()
    expect(page).to_have_url(f"{game.url}/m/{town.veteran}#rewards")
    expect(page.get_by_role("region", name="Rewards")).to_be_in_viewport()
    page.get_by_role("button", name="Find a miner").click()
    field = page.get_by_role("dialog").get_by_label("Address or handle of a miner")
    expect(field).to_be_focused()
    field.fill(town.wall[1])
    field.press("Enter")
    expect(page).to_have_url(f"{game.url}/m/{town.wall[1]}")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_links_of_notifications_lead_to_the_players_own_page(
    open_page: Open, game: Game, town: Town
) -> None:
    key = new_key()
    game.mine(share(key.address), miner=key.address)
    page = open_page("/badges", width=390, height=844, allowed=(UNKNOWN, OUT, CUT))
    page.goto(f"{game.url}/profile/streak")
    expect(page).to_have_url(re.compile(r"/sign-in\?back=%2Fprofile%2Fstreak$"))
    sign_in(page, key)
    expect(page).to_have_url(re.compile(f"/m/{key.address}#streak$"))
    named = set(re.findall(r'"(/[a-z/]+)"', inspect.getsource(presenters)))
    assert named >= {"/profile", "/profile/badges"}
    for path in named:
        page.goto(game.url + path)
        part = path.removeprefix("/profile").strip("/")
        expect(page).to_have_url(f"{game.url}/m/{key.address}" + (part and f"#{part}"))
        if part:
            expect(page.get_by_role("region", name=part.capitalize())).to_be_in_viewport()
    page.goto(f"{game.url}/profile/nothing")
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
