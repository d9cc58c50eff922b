"""The landing page: the pool's numbers, its wall, and the way to a miner's page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import REFUSED, Open, live, readers, settled
from tests.e2e.fit import broken, crowded, faint
from tests.e2e.game import Game, block, eventually, share
from tests.e2e.tabs import Tabs
from tests.e2e.town import Town


def count_of(page: Page, name: str) -> str:
    """One of the pool's counts, as shown."""
    return (
        page.locator(".pool-counts div", has=page.get_by_text(name, exact=True))
        .locator("dd")
        .first.inner_text()
    )


def test_it_shows_the_pool_as_the_api_has_it(open_page: Open, game: Game, town: Town) -> None:
    page = open_page("/")
    names = {
        "Miners": "miners",
        "Workers online": "workers_online",
        "Shares": "shares_accepted",
        "Badges earned": "badges_earned",
    }

    def shown() -> dict[str, str]:
        return {name: count_of(page, name) for name in names}

    def told() -> dict[str, str]:
        stats = game.ask("/public/stats")
        return {name: f"{stats[key]:,}" for name, key in names.items()}

    # A share of the test before may arrive in between: live on the page first, then in the API.
    eventually(lambda: shown() == told(), lambda: f"{shown()} is not {told()}")
    stats = game.ask("/public/stats")
    pool = page.get_by_role("region", name="The pool, now")
    expect(pool).to_contain_text("4.29 G")
    expect(pool).to_contain_text(re.compile(r"1\s?block found, latest:"))
    expect(page.locator(".wall-window")).to_contain_text("976,413")
    news = page.locator("#just-now li")
    assert 3 <= news.count() <= len(stats["recent"])
    for line, item in zip(news.all(), stats["recent"], strict=False):
        expect(line).to_contain_text(item["title"])
        expect(line).to_contain_text(item["user"])


def test_a_reported_block_is_shown_as_unconfirmed(open_page: Open, game: Game, town: Town) -> None:
    before = game.ask("/public/stats")
    miner = game.new_miner()
    game.publish(share(miner), block(miner, height=970_002, ago=0, backed=False))
    eventually(
        lambda: game.ask("/public/stats")["blocks_reported"] == before["blocks_reported"] + 1,
        lambda: "the report never came",
    )
    page = open_page("/")
    said = re.compile(
        rf"{before['blocks_found']}\s?blocks? found, latest: .*"
        rf"{before['blocks_reported'] + 1} reported by the pool, not confirmed yet"
    )
    for width in (1440, 360):
        page.set_viewport_size({"width": width, "height": 900})
        settled(page)
        expect(page.get_by_role("region", name="The pool, now")).to_contain_text(said)
        news = page.locator("#just-now li").filter(has_text=miner[:6])
        reported = news.filter(has_text="Block 970,002 reported, not confirmed yet")
        expect(reported).to_have_count(1)
        assert broken(page) == []
    page = open_page(f"/m/{miner}")
    expect(page.get_by_text("Block 970,002 reported, not confirmed yet")).to_be_visible()
    figure = page.locator("dl > div").filter(has=page.locator("dt", has_text="Blocks found"))
    expect(figure.locator("dd")).to_have_text("0")


def test_figures_are_in_the_language_of_the_words(open_page: Open, town: Town) -> None:
    page = open_page("/", locale="de-CH")
    expect(page.locator(".wall-window")).to_contain_text("976,413")
    expect(page.get_by_role("region", name="The pool, now")).to_contain_text("4.29 G")
    page = open_page(f"/m/{town.veteran}", locale="fr-FR")
    expect(page.get_by_role("region", name="Best ever")).to_contain_text("4.29 G")


def test_a_best_of_an_unlisted_user_has_no_link(open_page: Open, town: Town) -> None:
    page = open_page("/badges", own=True)

    def unnamed(route: Route) -> None:
        stats = route.fetch().json()
        stats["best_difficulty"] |= {"user": "", "seed": ""}
        route.fulfill(json=stats)

    page.route("**/api/v1/public/stats", unnamed)
    page.get_by_role("link", name="The Bitcoin Game").first.click()
    pool = page.get_by_role("region", name="The pool, now")
    expect(pool).to_contain_text("best difficulty, by an unnamed miner")
    expect(pool.locator("a:not(.why)")).to_have_count(0)
    page.unroute_all(behavior="ignoreErrors")  # one read may still be on its way


def test_every_miner_hangs_on_the_wall_and_opens(open_page: Open, game: Game, town: Town) -> None:
    page = open_page("/")
    tiles = page.get_by_role("region", name="The wall of miners").get_by_role("link")
    wall = [tile["user"] for tile in game.ask("/public/stats")["wall"]]
    assert set(wall) >= set(town.wall)
    wall = wall[:33]  # places there are
    expect(tiles).to_have_count(len(wall))
    shown = [str(tile.get_attribute("href")).removeprefix("/m/") for tile in tiles.all()]
    assert sorted(shown) == sorted(wall)
    faces = tiles.locator("svg").evaluate_all("all => all.map(svg => svg.innerHTML)")
    assert len({re.sub(r'id="[^"]*"|url\([^)]*\)', "", face) for face in faces}) == len(faces)
    names = tiles.evaluate_all("all => all.map(a => a.ariaLabel)")
    assert all(re.search(r"level \d+ .+, (mining now|not mining)$", name) for name in names)
    tiles.first.click()
    expect(page).to_have_url(re.compile(r"/m/\w+$"))
    expect(page.get_by_role("region", name="Streak")).to_be_visible()


def test_an_address_leads_to_its_page(open_page: Open, game: Game, town: Town) -> None:
    page = open_page("/")
    expect(page.get_by_text("No account needed.")).to_contain_text("shares, names and devices")
    field = page.get_by_label("Address or handle of a miner")
    field.fill(f" {town.veteran}.kitchen ")
    page.get_by_role("button", name="Show my miner").click()
    expect(page).to_have_url(f"{game.url}/m/{town.veteran}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Miner {town.veteran}")
    workers = page.get_by_role("region", name="Workers")
    for shown in ("garage-qaxe", "Bitaxe"):  # as was said before
        expect(workers).to_contain_text(shown)


@pytest.mark.parametrize("wrong", ["hello there", "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"])
def test_an_invalid_address_is_refused_with_how_addresses_begin(
    open_page: Open, wrong: str
) -> None:
    page = open_page("/")
    field = page.get_by_label("Address or handle of a miner")
    field.fill(wrong)
    field.press("Enter")
    said = page.get_by_role("alert").filter(has_text="They start with bc1, 1 or 3.")
    expect(said).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert field.get_attribute("aria-describedby") == said.get_attribute("id")
    assert page.url.endswith("/")
    field.fill("bc1q")
    expect(said).not_to_be_visible()


def test_an_address_with_a_typing_error_is_refused(open_page: Open, town: Town) -> None:
    typo = town.veteran[:-1] + ("q" if town.veteran[-1] != "q" else "p")
    page = open_page(f"/m/{typo}", allowed=(REFUSED,))
    expect(page.get_by_role("main")).to_contain_text("That address is not valid")


def test_totals_move_when_shares_arrive(open_page: Open, game: Game, town: Town) -> None:
    page = open_page("/")
    live(page)
    before = int(count_of(page, "Shares").replace(",", ""))
    newcomer = game.new_miner()
    game.publish(*(share(newcomer, sdiff=2e6, ago=second) for second in range(3)))
    shares = page.locator(".pool-counts div").filter(has_text="Shares").locator("dd.tn")
    expect(shares).to_have_text(f"{before + 3:,}", timeout=2_000)
    news = page.locator("#just-now li").filter(has_text=newcomer)
    expect(news.filter(has_text=re.compile("First Hash|Million Club")).first).to_be_visible()
    eventually(
        lambda: game.ask("/public/stats")["shares_accepted"] == before + 3,
        lambda: "the API does not know of them",
    )
    page.reload()
    live(page)  # what the frames made of it is what a read says
    expect(shares).to_have_text(f"{before + 3:,}")
    expect(page.locator(f'.wall a[href="/m/{newcomer}"]')).to_be_visible()


def test_pages_show_the_pools_name_and_whether_its_miners_are_simulated(
    browser: Tabs, game: Game, town: Town, open_page: Open
) -> None:
    page = open_page("/badges")
    expect(page).to_have_title("Badges · The Bitcoin Game")
    expect(page.get_by_text("Simulated miners")).to_have_count(0)
    name = "The pool in the basement of the old dairy, second door on the left, please knock"
    demo = game.another(TBG_DEMO="true", TBG_POOL_NAME=name)
    demo.start("serve")
    try:
        with readers(browser, demo) as begin:
            page = begin("/", quiet=True)
            expect(page).to_have_title(f"{name}: a score for your home miner")
            for path, title in (("/badges", "Badges"), (f"/m/{town.veteran}", "bc1q")):
                page.goto(demo.url + path)
                settled(page)
                expect(page).to_have_title(re.compile(f"^{title}.* · {name}$"))
                expect(page.get_by_role("link", name=name)).to_be_visible()
                says = page.get_by_role("complementary", name="About this demo")
                expect(says).to_contain_text("Simulated miners.")
            assert broken(page) == []
            assert faint(page) == []
            page.goto(f"{demo.url}/badges")
            settled(page)
            # Of a name as long as this one large text shows three lines, and no more.
            wrong = [line for line in crowded(page) if name[:20] not in line]
            assert wrong == []
    finally:
        demo.stop()
