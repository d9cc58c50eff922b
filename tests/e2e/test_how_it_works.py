"""The page that explains the game: its numbers are the API's, and figures lead to it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tbg.domains.gamification import rules
from tests.e2e.audit import SMALL_TARGETS
from tests.e2e.conftest import Open, live, settled
from tests.e2e.fit import resize
from tests.e2e.game import Game, block, eventually, share
from tests.e2e.people import CUT, OUT, UNKNOWN, new_key, sign_in
from tests.e2e.town import Town

SECTIONS = ("xp", "streaks", "levels", "badges", "difficulty", "odds", "hashrate", "reported")


@pytest.fixture(autouse=True, scope="module")
def after_the_town(town: Town) -> None:
    """The town counts its people when it is settled; newcomers wait until then."""


def cells(page: Page, name: str) -> list[list[str]]:
    """A table's rows as text."""
    rows = page.get_by_role("table", name=name).locator("tbody tr")
    found: list[list[str]] = rows.evaluate_all(
        "all => all.map(row => [...row.children].map(cell => cell.innerText.trim()))"
    )
    return found


def test_its_levels_are_those_of_the_api(open_page: Open, game: Game) -> None:
    page = open_page("/how-it-works")
    levels = game.ask("/levels")["levels"]
    before = [0, *(level["cumulative"] for level in levels)]
    assert cells(page, "All levels") == [
        [
            str(level["level"]),
            level["title"],
            f"+{level['cumulative'] - before[i]:,}" if i else "–",
            f"{level['cumulative']:,}",
        ]
        for i, level in enumerate(levels)
    ]
    assert [row[1] for row in cells(page, "All levels")] == [level.title for level in rules.LEVELS]


def test_its_rewards_are_those_of_the_rules_and_the_registry(open_page: Open, game: Game) -> None:
    page = open_page("/how-it-works")
    badges = game.ask("/badges")["badges"]
    rewards = [badge["xp_reward"] for badge in badges if badge["open"]]
    paid = {
        "share": "+1 XP",
        "streak": f"+{rules.STREAK_XP} XP",
        "personal_best": f"+{rules.PERSONAL_BEST_XP} XP",
        "badge": f"+{min(rewards)} to {max(rewards)} XP",
    }
    for source, said in paid.items():
        row = page.locator(f'[data-xp-source="{source}"]')
        expect(row.locator("dd")).to_have_text(said)
    shares = page.locator('[data-xp-source="share"] dt')
    expect(shares).to_have_text(f"{rules.SHARES_PER_XP} accepted shares")
    streaks = page.get_by_role("region", name="Streaks")
    expect(streaks).to_contain_text(f"Every {rules.FREEZE_WEEKS} weeks of a streak earn one")
    expect(streaks).to_contain_text(f"you can hold {rules.FREEZES_HELD}")
    for badge in badges:
        if badge["trigger_type"] == "streak":
            mark = page.locator(f'[data-streak-badge="{badge["slug"]}"]')
            expect(mark).to_contain_text(f"{badge['threshold']:.0f} weeks")
            expect(mark.get_by_role("link")).to_have_text(badge["name"])
    closed = sum(not badge["open"] for badge in badges)
    told = page.get_by_role("region", name="Badges")
    expect(told).to_contain_text(f"There are {len(badges)} badges. {closed} of them are not open")


def test_its_odds_follow_from_the_pools_shares(open_page: Open, game: Game) -> None:
    page = open_page("/how-it-works")

    def expected() -> list[tuple[str, float, float]]:
        stats = game.ask("/public/stats")
        mean = stats["work"] / stats["shares_accepted"]
        marks = sorted(
            (badge["threshold"], badge["name"])
            for badge in game.ask("/badges")["badges"]
            if badge["trigger_type"] == "best_diff"
        )
        return [(name, mark / mean, mark * 2**32 / 1.2e12) for mark, name in marks]

    rows = cells(page, "Odds of a share")
    units = {"minutes": 60, "hours": 3_600, "days": 86_400, "years": 365.25 * 86_400}
    powers = {"": 1, "M": 1e6, "G": 1e9, "T": 1e12}
    assert len(rows) >= 3
    for (_, name, one_in, wait), (badge, rarity, seconds) in zip(rows, expected(), strict=True):
        assert name == badge
        number, _, power = one_in.replace(",", "").partition("\N{NO-BREAK SPACE}")
        assert float(number) * powers[power] == pytest.approx(rarity, rel=0.01)
        number, _, unit = wait.replace(",", "").partition(" ")
        assert float(number) * units[unit] == pytest.approx(seconds, rel=0.03)
    expect(page.locator('[data-odds="block"]')).to_have_count(0)  # until the API knows it


def test_its_live_numbers_are_the_pools(open_page: Open, game: Game) -> None:
    stats = game.ask("/public/stats")
    page = open_page("/how-it-works")
    xp = page.get_by_role("region", name="XP", exact=True)
    expect(xp).to_contain_text(f"granted {stats['xp_granted']:,} XP")
    expect(xp).to_contain_text(f"for {stats['shares_accepted']:,} accepted shares")
    reported = page.get_by_role("region", name="Reported and confirmed")
    found, told = stats["blocks_found"], stats["blocks_reported"]
    expect(reported).to_contain_text(f"Here: {found} confirmed, {told} reported.")
    expect(page.get_by_role("region", name="Difficulty")).to_contain_text("4.29 G")


def test_the_odds_of_a_block_appear_when_the_network_s_difficulty_is_known(
    open_page: Open, game: Game
) -> None:
    page = open_page("/badges", own=True)

    def knows_more(route: Route) -> None:
        stats = route.fetch().json()
        route.fulfill(json=stats | {"network_difficulty": 126_000_000_000_000})

    page.route("**/api/v1/public/stats", knows_more)
    page.get_by_role("link", name="How it works").click()
    # 1.26e14 * 2^32 / 1.2e12 seconds
    expect(page.locator('[data-odds="block"]')).to_contain_text("difficulty 126\N{NO-BREAK SPACE}T")
    expect(page.locator('[data-odds="block"]')).to_contain_text("14,300 years")
    page.unroute_all(behavior="ignoreErrors")


def test_a_signed_in_reader_finds_their_own_level_marked(open_page: Open, game: Game) -> None:
    key = new_key()
    game.mine(share(key.address, sdiff=2e6), miner=key.address)  # two badges: 100 XP
    page = open_page("/how-it-works", allowed=(UNKNOWN, OUT, CUT))
    expect(page.get_by_text("you are here")).to_have_count(0)
    page.goto(f"{game.url}/sign-in?back=%2Fsettings")
    sign_in(page, key)
    page.goto(f"{game.url}/how-it-works")
    own = page.get_by_role("row").filter(has_text="you are here")
    expect(own).to_have_count(1)
    expect(own).to_contain_text("Curious Cat")
    expect(own).to_have_attribute("aria-current", "true")


def test_on_a_phone_the_tables_are_lists(open_page: Open) -> None:
    page = open_page("/how-it-works", width=390, height=844)
    for name in ("All levels", "Odds of a share"):
        rows = page.get_by_role("table", name=name).locator("tbody tr")
        shown = rows.evaluate_all("all => all.map(row => getComputedStyle(row).display)")
        assert shown
        assert "table-row" not in shown
    first = page.get_by_role("row").filter(has_text="Million Club")
    assert "One share in" in first.inner_text()


def test_every_section_can_be_linked_to(open_page: Open, game: Game) -> None:
    page = open_page("/badges", quiet=True)
    toc = page.get_by_role("navigation", name="On this page").get_by_role("link")
    for section in SECTIONS:
        page.goto(f"{game.url}/how-it-works#{section}")
        settled(page)
        expect(page.locator(f"#{section}")).to_be_in_viewport()
    assert [link.get_attribute("href") for link in toc.all()] == [f"#{s}" for s in SECTIONS]
    page.goto(f"{game.url}/")
    page.get_by_role("link", name="How it works, with this pool's numbers").click()
    expect(page).to_have_url(f"{game.url}/how-it-works")
    page.goto(f"{game.url}/badges")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="How it works").click()
    expect(page).to_have_url(f"{game.url}/how-it-works")


LINKS = {
    "How XP works": "xp",
    "How levels work": "levels",
    "How badges work": "badges",
    "How streaks work": "streaks",
    "What difficulty means": "difficulty",
    "How the hashrate is estimated": "hashrate",
}


def test_figures_of_a_miner_lead_to_their_section(open_page: Open, game: Game, town: Town) -> None:
    page = open_page(f"/m/{town.veteran}", quiet=True)
    for name, section in LINKS.items():
        page.goto(f"{game.url}/m/{town.veteran}")
        settled(page)
        page.get_by_role("main").get_by_role("link", name=name).first.click()
        expect(page).to_have_url(f"{game.url}/how-it-works#{section}")
        expect(page.locator(f"#{section}")).to_be_in_viewport()
    page.goto(f"{game.url}/m/{town.veteran}")
    settled(page)
    page.get_by_role("link", name=re.compile("XP, .* to level")).click()
    expect(page).to_have_url(f"{game.url}/how-it-works#xp")


def test_a_reported_block_leads_to_what_that_means(open_page: Open, game: Game) -> None:
    before = game.ask("/public/stats")["blocks_reported"]
    miner = game.new_miner()
    game.publish(share(miner), block(miner, height=970_003, ago=0, backed=False))
    eventually(
        lambda: game.ask("/public/stats")["blocks_reported"] == before + 1,
        lambda: "the report never came",
    )
    name = "What reported and confirmed mean"
    page = open_page("/", quiet=True)
    page.get_by_role("region", name="The pool, now").get_by_role("link", name=name).click()
    expect(page.locator("#reported")).to_be_in_viewport()
    page.goto(f"{game.url}/m/{miner}")
    live(page)
    page.get_by_role("region", name="Rewards").get_by_role("link", name=name).click()
    expect(page).to_have_url(f"{game.url}/how-it-works#reported")
    page.goto(f"{game.url}/")
    settled(page)
    resize(page, 390)
    assert page.evaluate(SMALL_TARGETS) == []
