"""From a page that nobody has claimed to one's own, and what visitors are told on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tbg.adapters.simulator import DemoKey, sign_message
from tests.e2e.audit import SMALL_TARGETS
from tests.e2e.conftest import Open, readers, settled
from tests.e2e.fit import broken, crowded, enlarge, faint, resize
from tests.e2e.game import Game, eventually, share
from tests.e2e.people import CUT, OUT, UNKNOWN, hand_in, new_key, numbers, sign_in
from tests.e2e.tabs import Tabs
from tests.e2e.town import Town

REFUSED = r"status of (409|422) .*/api/v1/(users/me|auth/challenge|public/miners/)"
"""The browser's own word for a handle or an address that was refused."""


@pytest.fixture(autouse=True, scope="module")
def after_the_town(town: Town) -> None:
    """The town counts its people when it is settled; newcomers wait for it, and for its worker."""


def newcomer(game: Game) -> DemoKey:
    """Somebody with one share, its badge and its quest, whom nobody has claimed."""
    key = new_key()
    game.mine(share(key.address), miner=key.address)
    eventually(
        lambda: game.ask(f"/public/miners/{key.address}")["xp"]["total_xp"] == 55,
        lambda: "the quest of the day was not paid",
    )
    return key


def claim(page: Page, key: DemoKey) -> None:
    """From the unclaimed page, by its invitation, to the welcome."""
    page.get_by_role("region", name="Claim this page").get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"/sign-in\?address={key.address}&back=%2Fm%2F"))
    expect(page.get_by_label("Address", exact=True)).to_have_value(key.address)
    page.get_by_role("button", name="Get the message").click()
    hand_in(page, sign_message(key, page.get_by_label("The message to sign").inner_text()))
    expect(page.get_by_role("heading", level=1)).to_have_text("This tile is yours")


def step(page: Page, what: str) -> Locator:
    """One of the three next steps."""
    return page.locator(f'[data-step="{what}"]')


def test_an_unclaimed_page_leads_over_the_welcome_to_a_page_with_a_name(
    open_page: Open, game: Game
) -> None:
    key, name = newcomer(game), f"stove-{next(numbers)}"
    page = open_page(f"/m/{key.address}", quiet=True, allowed=(UNKNOWN, OUT, CUT, REFUSED))
    claim(page, key)
    assert game.ask(f"/public/miners/{key.address}")["claimed"] is True
    expect(page.locator(".first-step .tag")).to_have_text(["to do"] * 3)
    expect(step(page, "level")).to_contain_text("45 XP to Curious Cat")

    handle = page.get_by_label("Handle", exact=True)
    save = page.get_by_role("button", name="Save the name")
    save.click()
    expect(page.get_by_role("alert").filter(has_text="Type a name first.")).to_be_visible()
    for wrong, said in (("a b", "No spaces, please"), ("admin", "reserved")):
        handle.fill(wrong)
        save.click()
        expect(page.locator(".field .field-error")).to_contain_text(said)
    handle.fill(name)
    save.click()
    expect(page.get_by_text("Saved")).to_be_visible()
    expect(step(page, "name")).to_contain_text("done")
    expect(page.get_by_text(f"/m/{name}")).to_be_visible()
    page.get_by_role("link", name="To my page").click()
    expect(page).to_have_url(f"{game.url}/m/{name}")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_role("region", name="Claim this page")).to_have_count(0)


def test_the_first_steps_stay_until_they_are_closed_and_are_then_in_the_settings(
    open_page: Open, game: Game
) -> None:
    key = newcomer(game)
    page = open_page(f"/m/{key.address}", quiet=True, allowed=(UNKNOWN, OUT, CUT))
    claim(page, key)
    reminder = page.get_by_role("region", name="Your first steps")
    page.goto(f"{game.url}/m/{key.address}")
    expect(reminder).to_contain_text("0 of 3 done")
    reminder.get_by_role("link", name="Show them").click()
    page.get_by_role("button", name="Close for good").click()
    expect(page).to_have_url(f"{game.url}/m/{key.address}")
    expect(page.get_by_role("region", name="Streak")).to_be_visible()
    expect(reminder).to_have_count(0)
    page.reload()
    settled(page)
    expect(page.get_by_role("button", name="Your account")).to_be_visible()
    expect(reminder).to_have_count(0)

    page.goto(f"{game.url}/settings/privacy")
    page.get_by_role("radio", name="Short").click()
    expect(page.locator(".saved.done")).to_be_visible()
    page.get_by_role("link", name="First steps").click()
    expect(step(page, "others")).to_contain_text("done")
    expect(page.get_by_role("button", name="Close for good")).to_have_count(0)


def test_a_second_sign_in_leads_back_without_a_welcome(open_page: Open, game: Game) -> None:
    key = newcomer(game)
    for back, lands in (("%2Fbadges", "/welcome"), ("%2Fbadges", "/badges")):
        page = open_page(f"/sign-in?back={back}", quiet=True, allowed=(UNKNOWN, OUT, CUT))
        sign_in(page, key)
        expect(page).to_have_url(re.compile(rf"{lands}(\?.*)?$"))


def test_a_signed_in_reader_is_offered_to_link_an_unclaimed_address(
    open_page: Open, game: Game, town: Town
) -> None:
    key, other = newcomer(game), newcomer(game)
    page = open_page(f"/m/{key.address}", quiet=True, allowed=(UNKNOWN, OUT, CUT))
    claim(page, key)
    page.goto(f"{game.url}/m/{other.address}")
    page.get_by_role("button", name="Link it to my account").click()
    expect(page).to_have_url(re.compile("/settings/addresses$"))
    expect(page.get_by_text("2 of 3: Your account approves.")).to_be_visible()
    expect(page.locator(".linking").first).to_contain_text(other.address[-4:])


def test_the_welcome_fits_can_be_read_and_hit(open_page: Open, game: Game) -> None:
    key = newcomer(game)
    page = open_page(f"/m/{key.address}", quiet=True, allowed=(UNKNOWN, OUT, CUT))
    claim(page, key)
    settled(page)
    assert crowded(page) == []
    enlarge(page, "100%")
    assert faint(page) == []
    assert broken(page) == []
    resize(page, 390)
    assert page.evaluate(SMALL_TARGETS) == []


SHIFT = """() => new Promise(done => {
  const sum = list => list.getEntries().reduce((all, entry) => all + entry.value, 0);
  new PerformanceObserver(list => done(sum(list))).observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(0), 1000);
})"""
"""How far the page has moved while it was opened, as browsers count it."""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900)])
def test_the_landing_page_shows_a_signed_in_user_their_tile_without_a_shift(
    open_page: Open, game: Game, width: int, height: int
) -> None:
    key = newcomer(game)
    page = open_page("/", width=width, height=height, quiet=True, allowed=(UNKNOWN, OUT, CUT))
    expect(page.get_by_text("No account needed.")).to_be_visible()
    page.goto(f"{game.url}/sign-in?back=%2Fsettings")
    sign_in(page, key)
    expect(page).to_have_url(re.compile("/settings$"))
    page.goto(f"{game.url}/")
    settled(page)
    own = page.get_by_role("region", name="Your tile")
    expect(own).to_contain_text("Level 1 Nocoiner, 55 XP")
    expect(own.get_by_role("img", name="Your tile")).to_be_visible()
    expect(page.get_by_text("No account needed.")).to_have_count(0)
    assert page.evaluate(SHIFT) < 0.05
    own.get_by_role("link", name="Your page").click()
    expect(page).to_have_url(f"{game.url}/m/{key.address}")


MISSPELT = "That address is not valid: a letter is missing, doubled or wrong."
NO_ADDRESS = "That is not a Bitcoin address. They start with bc1, 1 or 3."


def alike(address: str) -> str:
    """The address with a slip of the finger in its last letter."""
    return address[:-1] + ("q" if address[-1] != "q" else "p")


@pytest.mark.parametrize(
    ("path", "width", "where"),
    [("/", 1280, "main"), ("/badges", 1280, "banner"), ("/nowhere/at/all", 1280, "main"),
     ("/badges", 390, "dialog"), ("/m/hello-nobody", 1280, "main"),
     ("/m/bc1qnotone", 1280, "main")],
    ids=["landing page", "top bar", "not found", "phone", "no such name", "wrong address"],
)  # fmt: skip
def test_every_field_for_an_address_says_what_is_wrong_and_keeps_the_focus(
    open_page: Open, town: Town, path: str, width: int, where: str
) -> None:
    page = open_page(path, width=width, quiet=True, allowed=(UNKNOWN, REFUSED, "nowhere"))
    before = page.url
    if where == "dialog":
        page.get_by_role("button", name="Find a miner").click()
    place = page.locator({"main": "main", "banner": "header", "dialog": "[role=dialog]"}[where])
    field = place.get_by_label("Address or handle of a miner")
    wrongs = (
        (alike(town.veteran), MISSPELT),
        (town.veteran[:-3], MISSPELT),
        (f"{town.veteran[:8]}b{town.veteran[9:]}", MISSPELT),
        ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", NO_ADDRESS),
        ("what is this", NO_ADDRESS),
    )
    for wrong, said in wrongs:
        field.fill(wrong)
        field.press("Enter")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(said)
        expect(field).to_be_focused()
        assert page.url == before
    field.fill(town.veteran)
    field.press("Enter")
    expect(page).to_have_url(re.compile(f"/m/{town.veteran}$"))


def test_the_sign_in_field_says_the_same(open_page: Open, town: Town) -> None:
    page = open_page("/sign-in", quiet=True, allowed=(REFUSED,))
    field = page.get_by_label("Address", exact=True)
    for wrong, said in ((alike(town.veteran), MISSPELT), ("hello", NO_ADDRESS)):
        field.fill(wrong)
        field.press("Enter")
        expect(page.locator(".step-form .field-error")).to_have_text(said)


@pytest.fixture(scope="module")
def with_stratum(game: Game) -> Iterator[Game]:
    """The same game as an API whose operator says where miners reach the pool."""
    other = game.another(TBG_STRATUM_URL="pool.example:3333")
    other.start("serve")
    yield other
    other.stop()


URL = "stratum+tcp://pool.example:3333"
POOL = {"Stratum Host": "pool.example", "Stratum Port": "3333"}


@pytest.mark.parametrize(
    ("device", "pool", "user", "password"),
    [
        ("Bitaxe", POOL, "User", "Password"),
        ("NerdQAxe", POOL, "Stratum User", "Stratum Password"),
        ("Any other miner", {"URL": URL}, "User", "Password"),
    ],
)
def test_an_address_without_shares_is_told_what_to_enter_into_each_device(
    browser: Tabs, with_stratum: Game, town: Town, device: str, pool: dict[str, str], user: str,
    password: str,
) -> None:  # fmt: skip
    wanted = pool | {user: f"{town.stranger}.kitchen", password: "x"}
    with readers(browser, with_stratum) as begin:
        page = begin(f"/m/{town.stranger}", quiet=True, allowed=(UNKNOWN,), own=True)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        panel = page.get_by_role("region", name="Point your miner here")
        panel.get_by_role("radio", name=device).check()
        rows = panel.locator("dl > div")
        expect(rows.locator("dt")).to_have_text(list(wanted))
        for row, (label, value) in zip(rows.all(), wanted.items(), strict=True):
            row.get_by_role("button", name=f"Copy {label}: {value}").click()
            assert page.evaluate("() => navigator.clipboard.readText()") == value
        command = panel.get_by_text(f"cgminer -o {URL} -u {town.stranger}.kitchen -p x")
        expect(command).to_have_count(1 if device == "Any other miner" else 0)
        assert broken(page) == []
        resize(page, 390)
        assert page.evaluate(SMALL_TARGETS) == []
        assert crowded(page) == []


def test_without_the_pools_address_the_page_says_where_to_ask(open_page: Open, town: Town) -> None:
    page = open_page(f"/m/{town.stranger}", quiet=True, allowed=(UNKNOWN,))
    panel = page.get_by_role("region", name="Point your miner here")
    expect(panel).to_contain_text("Ask whoever runs this pool")
    expect(panel.locator("dt")).to_have_text(["User", "Password"])
