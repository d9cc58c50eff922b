"""What a phone asks of the pages: to be installed, tapped, read aloud, and to hold still."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.audit import SMALL_TARGETS
from tests.e2e.conftest import REFUSED, Open, live, settled
from tests.e2e.game import Game, share
from tests.e2e.people import CUT, OUT, UNKNOWN, new_key, sign_in
from tests.e2e.town import Town

PHONE = {"width": 390, "height": 844}
MISTYPED = r"status of 422 .*/auth/challenge"
SIGNED_IN = (REFUSED, UNKNOWN, OUT, CUT, MISTYPED)
SETTINGS = (
    "profile", "privacy", "addresses", "preferences", "sessions", "api-keys", "activity", "data",
)  # fmt: skip


def test_the_app_can_be_installed(open_page: Open) -> None:
    page = open_page("/", **PHONE)
    session = page.context.new_cdp_session(page)
    told = session.send("Page.getAppManifest")
    assert told["url"].endswith("/manifest.webmanifest")
    assert told["errors"] == []
    assert '"display":"standalone"' in told["data"]
    # The tests' browser is not one that installs anything; about the page itself it says nothing.
    wrong = {
        one["errorId"]
        for one in session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    }
    session.detach()
    assert wrong <= {"in-incognito", "not-offline-capable", "platform-not-supported-on-android"}
    for link in page.locator("link[rel=apple-touch-icon], link[rel=icon]").all():
        answer = page.request.get(link.evaluate("el => el.href"))
        assert answer.headers["content-type"].startswith("image/")


def test_a_page_left_takes_its_canonical_address_with_it(open_page: Open, town: Town) -> None:
    page = open_page(f"/m/{town.veteran}", **PHONE)
    canonical = page.locator("link[rel=canonical]")
    expect(canonical).to_have_attribute("href", re.compile(f"/m/{town.veteran}$"))
    page.get_by_role("navigation", name="Tabs").get_by_role("link", name="Badges").click()
    settled(page)
    expect(canonical).to_have_count(0)


def test_the_first_tap_on_rewards_goes_to_the_rewards(
    open_page: Open, game: Game, town: Town
) -> None:
    page = open_page("/badges", own=True, **PHONE)
    # As after an earlier visit: nothing of the miner's page has been loaded in this one.
    page.evaluate("who => localStorage.setItem('tbg.miner', who)", town.veteran)
    page.reload()
    settled(page)
    page.get_by_role("navigation", name="Tabs").get_by_role("link", name="Rewards").tap()
    expect(page).to_have_url(f"{game.url}/m/{town.veteran}#rewards")
    heading = page.get_by_role("region", name="Rewards").get_by_role("heading", name="Rewards")
    expect(heading).to_be_in_viewport()
    live(page)
    settled(page)
    box = heading.bounding_box()
    assert box is not None
    assert 0 < box["y"] < 200
    page.evaluate("() => scrollTo(0, 0)")
    expect(heading).not_to_be_in_viewport()
    page.get_by_role("navigation", name="Tabs").get_by_role("link", name="Rewards").tap()
    expect(heading).to_be_in_viewport()


def test_without_a_miner_rewards_lead_to_the_news(open_page: Open, game: Game, town: Town) -> None:
    page = open_page("/badges", own=True, **PHONE)
    page.get_by_role("navigation", name="Tabs").get_by_role("link", name="Rewards").tap()
    expect(page).to_have_url(f"{game.url}/#just-now")
    news = page.get_by_role("region", name="Just now")
    expect(news.get_by_role("heading", name="Just now")).to_be_in_viewport()


def test_after_an_error_the_focus_is_in_the_field(open_page: Open, game: Game, town: Town) -> None:
    key = new_key()
    game.mine(share(key.address), miner=key.address)
    page = open_page("/", allowed=SIGNED_IN, **PHONE)
    search = page.get_by_label("Address or handle of a miner")
    search.fill("not an address!")
    page.get_by_role("button", name="Show my miner").tap()
    expect(search).to_be_focused()
    page.goto(f"{game.url}/sign-in")
    settled(page)
    address, ask = page.get_by_label("Address", exact=True), page.get_by_role(
        "button", name="Get the message"
    )  # fmt: skip
    ask.tap()
    expect(address).to_be_focused()
    page.evaluate("() => document.activeElement.blur()")
    ask.tap()  # the same error again
    expect(address).to_be_focused()
    address.fill(key.address[:-1] + ("q" if key.address[-1] != "q" else "p"))
    ask.tap()
    expect(address).to_be_focused()
    expect(address).to_have_attribute("aria-invalid", "true")
    sign_in(page, key)
    page.goto(f"{game.url}/settings/profile")
    settled(page)
    handle = page.get_by_role("textbox", name="Handle", exact=True)
    handle.fill("x")
    page.get_by_label("About you").fill("hello")
    page.get_by_role("button", name="Save").tap()
    expect(handle).to_be_focused()
    page.goto(f"{game.url}/settings/api-keys")
    settled(page)
    page.get_by_role("button", name="Make the key").tap()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()


def test_signing_in_and_out_is_said(open_page: Open, game: Game, town: Town) -> None:
    key = new_key()
    game.mine(share(key.address), miner=key.address)
    page = open_page("/sign-in", allowed=SIGNED_IN, **PHONE)
    said = page.locator("[role=status]", has_text="signed")
    sign_in(page, key)
    short = f"{key.address[:4]}…{key.address[-4:]}"
    expect(said).to_have_text(f"You are signed in as {short}.")
    page.reload()
    settled(page)
    expect(page.get_by_role("button", name="Your account")).to_be_visible()
    expect(said).to_have_count(0)  # nothing has changed
    page.get_by_role("button", name="Your account").tap()
    page.get_by_role("menuitem", name="Sign out").tap()
    expect(said).to_have_text("You are signed out.")


def test_dates_of_the_year_are_read_without_hovering(open_page: Open, town: Town) -> None:
    page = open_page(f"/m/{town.veteran}", **PHONE)
    page.get_by_role("button", name=re.compile("Show the year")).tap()
    year = page.get_by_role("dialog", name="Fifty-two weeks")
    months = year.locator(".week-months th", has_text=re.compile(r"^[A-Z][a-z]{2,3}$"))
    expect(months.first).to_be_visible()
    assert 10 <= months.count() <= 16
    expect(year).to_contain_text("This week is safe.")
    cell = year.locator("td").nth(20)
    words = cell.inner_text().strip()
    assert re.match(r"Week of \d+ \w+", words)
    cell.tap()
    expect(year.locator("p", has_text="Week of")).to_have_text(words)
    slide = year.get_by_role("slider", name="Choose a week")
    expect(slide).to_have_attribute("aria-valuetext", words)
    slide.focus()
    page.keyboard.press("ArrowRight")
    following = year.locator("td").nth(21).inner_text().strip()
    expect(year.locator("p", has_text="Week of")).to_have_text(following)
    page.keyboard.press("Home")
    expect(slide).to_have_attribute("aria-valuetext", year.locator("td").first.inner_text().strip())
    assert page.evaluate(SMALL_TARGETS) == []


def test_everything_in_the_settings_can_be_hit_with_a_finger(
    open_page: Open, game: Game, town: Town
) -> None:
    key = new_key()
    game.mine(share(key.address), miner=key.address)
    page = open_page("/sign-in", allowed=SIGNED_IN, **PHONE)
    sign_in(page, key)
    small = {}
    for section in ("", *SETTINGS):
        page.goto(f"{game.url}/settings/{section}".rstrip("/"))
        settled(page)
        small[section] = page.evaluate(SMALL_TARGETS)
    assert {section: found for section, found in small.items() if found} == {}


SHIFTS = """() => {
  window.shifts = [];
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) {
      if (!one.hadRecentInput) window.shifts.push({
        value: one.value, at: one.startTime,
        what: one.sources.map(s => (s.node?.nodeType === 3 ? s.node.parentElement : s.node)
          ?.closest?.('[class]')?.getAttribute('class')),
      });
    }
  }).observe({type: 'layout-shift', buffered: true});
}"""

PUSHED = """() => {
  scrollTo(0, 0);
  const box = document.createElement('div');
  box.style.height = '400px';
  document.querySelector('main').prepend(box);
}"""

SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
"""1.6 Mbit/s down and 150 ms away, as a phone at the edge of its network."""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", ["/", "/m/{veteran}", "/badges"])
def test_a_slow_machine_on_a_slow_network_sees_the_page_hold_still(
    open_page: Open, game: Game, town: Town, path: str, width: int
) -> None:
    page = open_page("/badges", own=True, width=width, height=844)
    slowed(page)
    page.add_init_script(f"({SHIFTS})()")
    page.goto(game.url + path.format(**vars(town)), timeout=60_000)
    page.set_default_timeout(60_000)
    settled(page)
    page.wait_for_timeout(2_000)  # what comes late
    shifts = page.evaluate("() => window.shifts")
    assert cls(shifts) <= 0.1, shifts
    page.evaluate(PUSHED)  # a shift would have been noticed
    page.wait_for_function("() => window.shifts.at(-1)?.value > 0.1")


def slowed(page: Page) -> None:
    """Six times slower than this machine, on a slow network."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)


def cls(shifts: list[dict[str, float]]) -> float:
    """The largest sum of shifts less than a second apart, within five seconds."""
    most = total = 0.0
    begun = last = float("-inf")
    for one in shifts:
        if one["at"] - last > 1_000 or one["at"] - begun > 5_000:
            begun, total = one["at"], 0.0
        last = one["at"]
        total += one["value"]
        most = max(most, total)
    return most
