"""The moments of a game: a found block, a level, a new best, and a queue of badges."""

from __future__ import annotations

import re
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.audit import FAINT_TEXT, MOVING, SIDEWAYS, SMALL_TARGETS
from tests.e2e.conftest import REFUSED, Open, calm, live, settled, stop_the_clock
from tests.e2e.game import Game, block, eventually, share
from tests.e2e.town import DAY, WEEK, Town

pytestmark = pytest.mark.usefixtures("town")  # it is settled before anybody else mines

heights = count(980_001)

LISTEN = """() => {
  const said = window.said = [];
  const look = () => {
    for (const region of document.querySelectorAll('[aria-live="polite"]')) {
      const words = region.textContent;
      if (words && said.at(-1) !== words) said.push(words);
    }
  };
  new MutationObserver(look).observe(document.body,
    {subtree: true, childList: true, characterData: true});
}"""
"""Records what a screen reader announces."""


def takeover(page: Page) -> Locator:
    """The announcement of a block, if there is one."""
    return page.locator(".takeover")


def finder(game: Game) -> str:
    """A miner who has mined and has not found a block yet."""
    miner = game.new_miner()
    game.mine(share(miner), miner=miner)
    return miner


def find(game: Game, miner: str, *, ago: float = 0.0) -> int:
    """Let a miner find a block; its height, once the pool's page has it."""
    height = next(heights)
    game.publish(block(miner, height=height, ago=ago, worker="garage-qaxe"))
    eventually(
        lambda: (game.ask("/public/stats")["last_block"] or {}).get("height") == height,
        lambda: "the block never came",
    )
    return height


def wait_for_best(game: Game, miner: str, sdiff: float) -> None:
    """Wait until a best is folded in, a second or two after its share."""

    def folded() -> bool:
        best = game.ask(f"/public/miners/{miner}")["bests"]["alltime"]
        return best is not None and best["sdiff"] == sdiff

    eventually(folded, lambda: f"{sdiff} was never folded in")


def test_a_found_block_takes_over_its_finder_s_page_and_stays_there(
    open_page: Open, game: Game
) -> None:
    miner = finder(game)
    page = open_page(f"/m/{miner}", own=True)
    live(page)
    page.evaluate(LISTEN)
    field = page.get_by_label("Address or handle of a miner")
    field.press_sequentially("bc1q")
    height = find(game, miner)
    shown = takeover(page)
    expect(shown).to_contain_text("found a block")
    for words in (f"{miner[:4]}…{miner[-4:]}", f"{height:,}", "3.148 BTC", "101 T"):
        expect(shown).to_contain_text(words)
    expect(shown).to_contain_text(re.compile(r"One in 430\s?sextillion hashes"))
    expect(shown).to_contain_text("By garage-qaxe, just now")
    page.wait_for_function("() => said.length > 0")
    said = page.evaluate("() => said")
    assert said[0].startswith(f"{miner[:4]}…{miner[-4:]} found block {height:,}.")
    # The focus was not taken: what is typed goes where it went before.
    field.press_sequentially("xyz")
    expect(field).to_have_value("bc1qxyz")
    expect(shown).to_be_visible()
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    expect(field).to_be_focused()
    # What waited behind it comes now.
    expect(page.locator(".kiln")).to_contain_text("Block Finder")
    assert sum("found block" in words for words in page.evaluate("() => said")) == 1

    blocks = page.get_by_role("region", name="Blocks")
    for words in (f"{height:,}", "3.148 BTC", "101 T", "garage-qaxe"):
        expect(blocks).to_contain_text(words)
    page.reload()
    settled(page)
    live(page)
    expect(blocks).to_contain_text(f"{height:,}")
    expect(takeover(page)).to_have_count(0)


def test_a_found_block_takes_over_the_landing_page_and_hangs_on_the_wall(
    open_page: Open, game: Game, town: Town
) -> None:
    miner = finder(game)
    page = open_page("/")
    live(page)
    height = find(game, miner)
    expect(takeover(page)).to_contain_text(f"{height:,}")
    expect(takeover(page)).to_contain_text(f"{miner[:4]}…{miner[-4:]} found a block")
    takeover(page).locator(".takeover-height").click()
    expect(takeover(page)).to_have_count(0)

    last = page.get_by_role("region", name="The last block")
    expect(last).to_contain_text(f"Block {height:,} was found here")
    expect(last).to_contain_text("3.148 BTC · difficulty 101 T")
    expect(last.locator("svg.art-address-tile")).to_be_visible()
    page.reload()
    settled(page)
    expect(last).to_contain_text(f"{height:,}")
    expect(takeover(page)).to_have_count(0)
    last.get_by_role("link").click()
    expect(page).to_have_url(f"{game.url}/m/{miner}#blocks")
    expect(page.get_by_role("region", name="Blocks")).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_found_block_fits_a_phone(open_page: Open, game: Game, scheme: str) -> None:
    miner = finder(game)
    page = open_page(f"/m/{miner}", width=390, height=844, color_scheme=scheme)
    live(page)
    height = find(game, miner)
    shown = takeover(page)
    expect(shown).to_contain_text(f"{height:,}")
    page.wait_for_function(f"() => !({MOVING})().some(a => a.who.startsWith('takeover'))")
    calm(page)
    assert page.evaluate(SIDEWAYS) == []
    assert [line for line in page.evaluate(FAINT_TEXT) if "takeover" in line] == []
    close = shown.get_by_role("button", name="Close")
    for part in (close, shown.locator("h2"), shown.locator(".takeover-figures")):
        expect(part).to_be_in_viewport(ratio=1)
    box = close.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    close.tap()
    expect(shown).to_have_count(0)
    expect(page.get_by_role("region", name="Blocks")).to_contain_text(f"{height:,}")
    assert page.evaluate(SMALL_TARGETS) == []


def test_quiet_eyes_see_a_found_block_without_motion(open_page: Open, game: Game) -> None:
    miner = finder(game)
    page = open_page(f"/m/{miner}", quiet=True)
    live(page)
    height = find(game, miner)
    expect(takeover(page)).to_contain_text(f"{height:,}")
    loud = [
        one
        for one in page.evaluate(MOVING)
        if not 0 <= one["lasts"] <= 200 or set(one["moves"]) - {"opacity"}
    ]
    assert loud == []
    page.wait_for_function(f"() => ({MOVING})().length === 0")
    for part in (".takeover-plate", ".takeover-text"):
        expect(page.locator(part)).to_have_css("opacity", "1")
    page.keyboard.press("Escape")
    expect(page.locator(".kiln-card.name")).to_contain_text("Block Finder")


def test_a_found_block_is_celebrated_on_another_miner_s_page_too(
    open_page: Open, game: Game, town: Town
) -> None:
    miner = finder(game)
    page = open_page(f"/m/{town.wall[1]}")
    live(page)
    height = find(game, miner)
    expect(takeover(page)).to_contain_text(f"{height:,}")
    takeover(page).get_by_role("link", name="See it on the finder's page").click()
    expect(page).to_have_url(f"{game.url}/m/{miner}#blocks")
    expect(takeover(page)).to_have_count(0)
    expect(page.get_by_role("region", name="Blocks")).to_be_in_viewport()
    live(page)
    expect(takeover(page)).to_have_count(0)  # once for each visitor, not for each page


def test_going_on_with_the_keyboard_puts_a_found_block_away(open_page: Open, game: Game) -> None:
    miner = finder(game)
    page = open_page(f"/m/{miner}", own=True)
    live(page)
    find(game, miner)
    shown = takeover(page)
    expect(shown).to_be_visible()
    page.keyboard.press("Tab")  # from the top of the page its own parts come first
    assert shown.evaluate("el => el.contains(document.activeElement)")
    while shown.count() and shown.evaluate("el => el.contains(document.activeElement)"):
        page.keyboard.press("Tab")
    expect(shown).to_have_count(0)
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()


def test_a_block_found_while_nobody_looked_is_celebrated_on_return(
    open_page: Open, game: Game, town: Town
) -> None:
    miner = finder(game)
    page = open_page("/")
    live(page)
    page.goto(f"{game.url}/badges")
    height = find(game, miner, ago=2 * 3600)
    page.goto(game.url)
    expect(takeover(page)).to_contain_text(f"{height:,}")
    page.goto(f"{game.url}/m/{miner}")
    expect(page.get_by_role("region", name="Blocks")).to_be_visible()
    live(page)
    expect(takeover(page)).to_have_count(0)

    page.goto(f"{game.url}/badges")
    old = find(game, miner, ago=8 * DAY)
    page.goto(f"{game.url}/m/{miner}")
    expect(page.get_by_role("region", name="Blocks")).to_contain_text(f"{old:,}")
    live(page)
    expect(takeover(page)).to_have_count(0)  # of last week: it is history

    page = open_page(f"/m/{miner}")  # for somebody else it is a first visit
    expect(page.get_by_role("region", name="Blocks")).to_contain_text(f"{height:,}")
    live(page)
    expect(takeover(page)).to_have_count(0)


def test_a_block_is_celebrated_when_it_is_confirmed_and_not_before(
    open_page: Open, game: Game
) -> None:
    miner, height = finder(game), next(heights)
    page = open_page(f"/m/{miner}")
    live(page)
    game.publish(block(miner, height=height, backed=False))
    eventually(
        lambda: any(
            line["type"] == "block_reported" for line in game.ask(f"/public/miners/{miner}")["feed"]
        ),
        lambda: "the report never came",
    )
    page.reload()
    live(page)
    expect(page.locator("#rewards")).to_contain_text("reported, not confirmed yet")
    expect(takeover(page)).to_have_count(0)
    expect(page.get_by_role("region", name="Blocks")).to_have_count(0)
    game.publish(block(miner, height=height))
    expect(takeover(page)).to_contain_text(f"{height:,}")


def test_a_level_up_has_its_own_moment(open_page: Open, game: Game) -> None:
    miner = finder(game)
    page = open_page(f"/m/{miner}", own=True)
    live(page)
    page.evaluate(LISTEN)
    page.clock.install()
    stop_the_clock(page)
    game.publish(share(miner, sdiff=3e6))
    kiln = page.locator(".kiln")
    expect(kiln).to_contain_text("Million Club")
    expect(kiln).to_contain_text("One more in the kiln")
    page.clock.run_for(4_500)
    expect(kiln).to_contain_text("Curious Cat")
    expect(kiln).to_contain_text("Level 2. One more tile of the ring is lit.")
    expect(kiln.locator(".art-ring")).to_be_visible()
    assert page.evaluate("() => said") == [
        "You earned Million Club. Plus 50 XP. Level 2 reached: Curious Cat."
    ]
    page.clock.run_for(6_500)
    expect(kiln).to_have_count(0)
    page.clock.resume()
    page.reload()
    live(page)
    expect(page.locator(".mosaic")).to_contain_text("Level 2")
    expect(kiln).to_have_count(0)


def test_a_level_reached_while_nobody_looked_is_celebrated_on_return(
    open_page: Open, game: Game
) -> None:
    miner = finder(game)
    page = open_page(f"/m/{miner}", quiet=True)
    live(page)
    expect(page.locator(".shelf").first).to_be_visible()
    page.goto(f"{game.url}/badges")
    game.mine(share(miner, sdiff=3e6), miner=miner)
    page.goto(f"{game.url}/m/{miner}")
    expect(page.locator(".kiln")).to_contain_text("Million Club")
    expect(page.locator(".kiln")).to_contain_text("Curious Cat", timeout=8_000)


def test_five_badges_come_in_the_order_of_earning_and_each_can_be_read(
    open_page: Open, game: Game
) -> None:
    miner = game.new_miner()
    page = open_page(f"/m/{miner}", allowed=(REFUSED,), own=True)
    live(page)
    page.clock.install()
    lucky = [share(miner, sdiff=10.0**n, ago=2_000 - n) for n in (6, 9, 12)]
    shares = [share(miner, ago=900 - n / 10) for n in range(996)]
    game.mine(*shares, *lucky, share(miner, ago=3_000), miner=miner)
    kiln, name = page.locator(".kiln"), page.locator(".kiln-name")
    expect(kiln).to_contain_text("5 more in the kiln")  # with the level
    expect(name).to_have_text("First Hash")
    stop_the_clock(page)
    names = []
    for _ in range(6):
        for _ in range(30):  # through the fire
            if re.search("name|moment", str(kiln.locator(".kiln-card").get_attribute("class"))):
                break
            page.clock.run_for(100)
        names.append(name.inner_text())
        page.clock.run_for(2_300)
        expect(name).to_have_text(names[-1])  # it can still be read
        expect(name).to_be_visible()
        for _ in range(50):
            if not name.count() or name.text_content() != names[-1]:
                break
            page.clock.run_for(100)
    names.remove("Curious Cat")
    assert names == [
        "First Hash", "Million Club", "Billion Club", "Trillion Club", "Hash Thousand"
    ]  # fmt: skip


def wait_for_quest(game: Game, miner: str, quest: str) -> None:
    """Wait until a quest is paid, some seconds after what completed it."""
    eventually(
        lambda: any(
            one["params"].get("quest") == quest
            for one in game.ask(f"/public/miners/{miner}")["feed"]
        ),
        lambda: f"{quest} was never paid",
    )


def test_a_new_best_has_a_moment_and_its_line_is_there_after_a_reload(
    open_page: Open, game: Game, town: Town
) -> None:
    miner = game.new_miner()
    game.mine(share(miner, sdiff=4e5, ago=WEEK), miner=miner)
    wait_for_best(game, miner, 4e5)
    page = open_page(f"/m/{miner}", quiet=True)
    live(page)
    bests = page.locator("#rewards li").filter(has_text="New best")
    expect(bests).to_have_count(1)
    game.publish(share(miner, sdiff=7.7e5, worker="garage-qaxe"))
    kiln = page.locator(".kiln")
    expect(kiln).to_contain_text(re.compile(r"New best: 770\s?k"))
    expect(kiln).to_contain_text(re.compile(r"From garage-qaxe, and one in .* hashes\."))
    lines = [re.compile(rf"New best: {best}\s?k") for best in (770, 400)]
    wait_for_quest(game, miner, "back_again:once")
    older = page.locator("#rewards").get_by_role("button", name="Show older")
    older.click()  # for the lines of quests
    expect(bests).to_have_text(lines)
    game.publish(share(miner, sdiff=8.8e5, worker="garage-qaxe"))
    lines[0] = re.compile(r"New best: 880\s?k")
    expect(bests).to_have_text(lines)
    wait_for_best(game, miner, 8.8e5)
    page.reload()
    settled(page)
    live(page)
    older.click()
    expect(bests).to_have_text(lines)
    times = page.locator("#rewards li time").evaluate_all("all => all.map(el => el.dateTime)")
    assert times == sorted(times, reverse=True)
    expect(kiln).to_have_count(0)


def test_a_new_best_is_in_the_pools_news_after_a_reload(open_page: Open, game: Game) -> None:
    miner = game.new_miner()
    game.mine(share(miner, sdiff=2e5, ago=WEEK), miner=miner)
    wait_for_best(game, miner, 2e5)
    page = open_page("/")
    live(page)
    game.publish(share(miner, sdiff=7.7e5))
    line = page.locator("#just-now li").filter(has_text=miner).filter(has_text="New best")
    expect(line).to_contain_text(re.compile(r"New best: 770\s?k"))
    eventually(
        lambda: any(
            (one["user"], one["type"]) == (miner, "best_diff")
            for one in game.ask("/public/stats")["recent"]
        ),
        lambda: "the best was never in the news",
    )
    page.reload()
    settled(page)
    expect(line).to_contain_text(re.compile(r"New best: 770\s?k"))
