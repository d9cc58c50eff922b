"""From a share in the stream to a badge on the miner's screen."""

from __future__ import annotations

import re
from statistics import median

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import REFUSED, Open, live, stop_the_clock
from tests.e2e.game import Game, share
from tests.e2e.town import Town

WATCH = """() => {
  const seen = window.seen = {};
  const said = window.said = [];
  const text = el => el.textContent;
  const look = () => {
    const now = Date.now() / 1000;
    const note = (what, is) => { if (is && !(what in seen)) seen[what] = now; };
    const lines = [...document.querySelectorAll('#rewards li')].map(text);
    const places = [...document.querySelectorAll('.shelf button')].map(text);
    note('feed', lines.some(line => line.includes('First Hash')));
    note('shelf', places.some(place => /First Hash.*(?<!not )earned$/.test(place)
      && !place.includes('not earned')));
    const kiln = document.querySelector('.kiln')?.textContent;
    note('kiln', kiln?.includes('First Hash'));
    note('cooling', !kiln && places.some(place => /First Hash.*Just earned/.test(place)));
    for (const region of document.querySelectorAll('[aria-live="polite"]')) {
      const words = text(region);
      if (words && said.at(-1) !== words) said.push(words);
    }
  };
  new MutationObserver(look).observe(document.body,
    {subtree: true, childList: true, characterData: true, attributes: true});
}"""
"""Records when (unix seconds) the badge appears where, and what a screen reader announces."""


def place(page: Page, name: str) -> Locator:
    """A badge's place on the shelf."""
    return page.get_by_role("region", name="Badges").get_by_role("button", name=name)


def test_within_a_second_the_first_badge_is_on_the_screen(
    open_page: Open, game: Game, town: Town
) -> None:
    took: dict[str, list[float]] = {"feed": [], "shelf": [], "kiln": []}
    for _ in range(3):
        miner = game.new_miner()
        page = open_page(f"/m/{miner}", allowed=(REFUSED,), own=True)
        expect(page.get_by_role("heading", name="No shares yet")).to_be_visible()
        expect(page.get_by_role("region", name="Point your miner here")).to_be_visible()
        expect(page.get_by_text("Level 1 starts with the first share.")).to_be_visible()
        live(page)
        page.evaluate(WATCH)
        added = game.publish(share(miner))
        page.wait_for_function("() => ['feed', 'shelf', 'kiln'].every(what => what in seen)")
        for what, at in page.evaluate("() => seen").items():
            took[what].append(at - added)

        expect(page.locator(".kiln")).to_contain_text("+50 XP")
        expect(page.get_by_role("heading", name="No shares yet")).to_have_count(0)
        expect(page.get_by_text("Nocoiner")).to_be_visible()
        page.wait_for_function("() => said.length > 0")
        page.keyboard.press("Escape")
        expect(page.locator(".kiln")).to_have_count(0, timeout=1_000)
        expect(place(page, "First Hash")).to_contain_text("Just earned")
        # With the quest of the day, which is paid a little later.
        expect(page.locator(".mosaic")).to_contain_text("55 XP, 45 to level 2", timeout=15_000)
        assert page.evaluate("() => said") == ["You earned First Hash. Plus 50 XP."]
        expect(page.locator("#rewards li").filter(has_text="First Hash")).to_have_count(1)
        page.context.close()
    slow = {what: times for what, times in took.items() if median(times) >= 1.0}
    assert slow == {}


def test_several_badges_of_one_share_queue_and_are_announced_once(
    open_page: Open, game: Game
) -> None:
    miner = game.new_miner()
    page = open_page(f"/m/{miner}", allowed=(REFUSED,), own=True)
    live(page)
    page.evaluate(WATCH)
    page.clock.install()
    stop_the_clock(page)
    game.publish(share(miner, sdiff=2e9))
    kiln = page.locator(".kiln")
    expect(kiln).to_contain_text("2 more in the kiln")
    page.clock.run_for(100)  # then the page is read, and shows a level
    expect(kiln).to_contain_text("3 more in the kiln")
    name = page.locator(".kiln-name")
    expect(name).to_have_text("First Hash")
    page.clock.run_for(4_500)  # its name has been read
    expect(kiln).to_contain_text("2 more in the kiln")
    expect(name).to_have_text("Million Club")
    names = {"First Hash", "Million Club", "Billion Club"}
    page.clock.resume()
    page.keyboard.press("Escape")
    expect(kiln).to_have_count(0)
    for badge in names:
        expect(place(page, badge)).to_contain_text("Just earned")
    expect(page.get_by_text("3 of 20 earned")).to_be_visible()
    expect(page.locator("#rewards li").filter(has_text="New badge")).to_have_count(3)
    [told] = page.evaluate("() => said")
    level = r"Level 2 reached: Curious Cat\."
    assert re.fullmatch(rf"You earned 3 badges: .+ and .+\. Plus 200 XP\. {level}", told)
    assert all(badge in told for badge in names)


def test_a_badge_cools_down_by_itself(open_page: Open, game: Game) -> None:
    miner = game.new_miner()
    page = open_page(f"/m/{miner}", allowed=(REFUSED,), own=True)
    live(page)
    page.evaluate(WATCH)
    page.clock.install()
    game.publish(share(miner))
    expect(page.locator(".kiln")).to_be_visible()
    # What is folded in after the share arrives too, without another one: in the game's own time.
    expect(page.get_by_role("region", name="Best ever")).to_contain_text(re.compile(r"1\.00\s?k"))
    page.clock.run_for(6_000)  # a whole celebration
    expect(page.locator(".kiln")).to_have_count(0)
    page.wait_for_function("() => 'cooling' in seen")
    # A later visit finds it on the shelf, and nothing is celebrated twice.
    page.reload()
    expect(place(page, "First Hash")).to_contain_text("Common")
    live(page)
    expect(page.locator(".kiln")).to_have_count(0)


def test_a_celebration_never_takes_the_focus_or_the_page(open_page: Open, game: Game) -> None:
    miner = game.new_miner()
    game.mine(share(miner), miner=miner)
    page = open_page(f"/m/{miner}")
    live(page)
    field = page.get_by_label("Address or handle of a miner")
    field.press_sequentially("bc1q")
    game.publish(share(miner, sdiff=3e6))
    expect(page.locator(".kiln")).to_contain_text("Million Club")
    field.press_sequentially("xyz")
    expect(field).to_have_value("bc1qxyz")
    place(page, "First Hash").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("First Hash")
    page.keyboard.press("Escape")  # the dialog has the first right to it
    expect(dialog).to_have_count(0)


LOOK = """away => {
  Object.defineProperty(document, 'hidden', {configurable: true, get: () => away});
  document.dispatchEvent(new Event('visibilitychange'));
}"""
"""Turns away from the page or back to it, as a locked phone or another tab does."""


def test_a_badge_waits_until_the_page_is_visible(open_page: Open, game: Game) -> None:
    miner = game.new_miner()
    game.mine(share(miner), miner=miner)
    page = open_page(f"/m/{miner}", own=True)
    live(page)
    page.evaluate(WATCH)
    page.clock.install()
    page.evaluate(LOOK, True)
    game.publish(share(miner, sdiff=3e6))
    expect(page.locator("#rewards")).to_contain_text("Million Club")
    page.clock.run_for(6_500)  # a whole celebration
    stop_the_clock(page)
    assert page.evaluate("() => said") == []
    page.evaluate(LOOK, False)
    page.clock.run_for(600)  # the clay has filled by then
    expect(page.locator(".kiln-card.fire")).to_contain_text("Million Club")
    page.clock.run_for(1_300)
    expect(page.locator(".kiln-card.name")).to_contain_text("Million Club")
    assert page.evaluate("() => said") == [
        "You earned Million Club. Plus 50 XP. Level 2 reached: Curious Cat."
    ]


def test_what_was_earned_since_the_last_visit_is_celebrated_then(
    open_page: Open, game: Game
) -> None:
    miner = game.new_miner()
    page = open_page(f"/m/{miner}", allowed=(REFUSED,))
    expect(page.get_by_role("heading", name="No shares yet")).to_be_visible()

    def visit() -> Locator:
        page.goto(f"{game.url}/m/{miner}")
        live(page)
        expect(place(page, "First Hash")).to_be_visible()
        return page.locator(".kiln")

    page.goto(f"{game.url}/badges")
    game.mine(share(miner, sdiff=2e6), miner=miner)
    expect(visit()).to_contain_text("2 more in the kiln")  # with the level
    page.evaluate(LOOK, True)
    game.mine(share(miner, sdiff=2e9), miner=miner)
    expect(page.locator("#rewards")).to_contain_text("Billion Club")
    # The browser dropped the page before anybody looked at it again.
    kiln = visit()
    expect(kiln).to_contain_text("Billion Club")
    expect(kiln).not_to_contain_text("more in the kiln")  # those before were seen
    expect(visit()).to_have_count(0)

    page = open_page(f"/m/{miner}")  # for somebody else it is a first visit
    expect(place(page, "Billion Club")).to_be_visible()
    live(page)
    expect(page.locator(".kiln")).to_have_count(0)
