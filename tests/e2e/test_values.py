"""What a miner's page says is what the game knows."""

from __future__ import annotations

import re
from math import floor, log10
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.game import Game, share
from tests.e2e.town import LONG_NAME, Town

Miner = dict[str, Any]


@pytest.fixture
def miner(game: Game, town: Town) -> Miner:
    """The veteran's page, as the API returns it."""
    found: Miner = game.ask(f"/public/miners/{town.veteran}")
    return found


def magnitude(n: float) -> str:
    """Three significant digits and a step, as people read it here."""
    if n < 1000 and n == int(n):
        return str(int(n))
    steps = floor(log10(n) / 3)
    mantissa = float(f"{n / 1000**steps:.3g}")
    if mantissa >= 1000:
        mantissa, steps = mantissa / 1000, steps + 1
    digits = max(0, 2 - floor(log10(mantissa)))
    return f"{mantissa:.{digits}f} {'kMGTPEZY'[steps - 1]}" if steps else f"{mantissa:.{digits}f}"


def words(page: Page, region: str) -> str:
    """What a panel says, its spaces made plain."""
    return re.sub(r"\s+", " ", page.get_by_role("region", name=region, exact=True).inner_text())


def test_the_api_agrees_with_the_database(game: Game, town: Town, miner: Miner) -> None:
    [(user, xp, level, streak, longest, shares, best, blocks)] = game.rows(
        """
        SELECT user_id, total_xp, level, current_streak, longest_streak, total_shares,
            best_difficulty, blocks_found
        FROM user_gamification JOIN user_addresses USING (user_id) WHERE address = $1
        """,
        town.veteran,
    )
    [(ledger,)] = game.rows("SELECT sum(amount)::bigint FROM xp_ledger WHERE user_id = $1", user)
    weeks = dict(
        game.rows("SELECT week_iso, share_count FROM streak_calendar WHERE user_id = $1", user)
    )
    badges = {
        slug for (slug,) in game.rows("SELECT badge_slug FROM user_badges WHERE user_id = $1", user)
    }
    assert miner["xp"]["total_xp"] == xp == ledger
    assert miner["xp"]["level"] == level
    assert miner["streak"]["current_streak"] == streak
    assert miner["streak"]["longest_streak"] == longest
    assert miner["stats"]["shares_accepted"] == shares
    assert miner["stats"]["best_difficulty"] == miner["bests"]["alltime"]["sdiff"] == best
    assert miner["stats"]["blocks_found"] == blocks == 1
    assert {badge["slug"] for badge in miner["badges"]["earned"]} == badges
    assert badges >= {"first_share", "shares_1k", "diff_1e9", "block_finder", "streak_12"}
    assert len(miner["streak"]["weeks"]) == 52
    for week in miner["streak"]["weeks"]:
        assert week["share_count"] == weeks.get(week["week_iso"], 0), week


def test_level_and_ring(open_page: Open, town: Town, miner: Miner) -> None:
    page = open_page(f"/m/{town.veteran}")
    xp = miner["xp"]
    stove = page.locator(".mosaic")
    expect(stove).to_contain_text(f"Level {xp['level']}")
    expect(stove).to_contain_text(xp["level_title"])
    expect(stove).to_contain_text(
        f"{xp['total_xp']:,} XP, {xp['xp_to_next_level']:,} to level {xp['next_level']}"
    )
    way = floor(100 * xp["xp_into_level"] / xp["xp_for_level"])
    ring = page.get_by_role("img", name=re.compile(rf"^Level {xp['level']}, .* {way}% of the way"))
    expect(ring).to_be_visible()
    assert ring.locator(".art-ring-lit").count() == xp["level"]  # up to ten: one wedge a level
    assert ring.locator("path").count() in (15, 16)


def test_the_year(open_page: Open, town: Town, miner: Miner) -> None:
    page = open_page(f"/m/{town.veteran}")
    streak = miner["streak"]
    said = words(page, "Streak")
    assert f"{streak['current_streak']} weeks in a row" in said
    assert f"longest {streak['longest_streak']}" in said
    table = page.get_by_role("table", name=re.compile("52 weeks"))
    assert table.locator("tr:has(td)").count() == 4
    cells = table.locator("td").evaluate_all(
        "all => all.map(td => [td.title, td.querySelector('.cell').className])"
    )
    assert len(cells) == 52
    for (title, look), week in zip(cells, streak["weeks"], strict=True):
        days = week["days"].bit_count()
        assert ("frozen" in title) == week["is_frozen"], (title, week)
        if week["is_frozen"]:
            continue
        if not week["is_active"]:
            assert re.search("missed|before the first|no share yet", title), (title, week)
            continue
        assert f"{days} day" in title, (title, week)
        assert f"{week['share_count']:,} share" in title, (title, week)
        wanted = "low" if days < 4 else "mid" if days < 7 else "high"
        assert week is streak["weeks"][-1] or look.split()[-1] == wanted, (look, week)
    assert cells[-1][1].split()[-1] == "now"
    looks = [look.split()[-1] for _, look in cells]
    assert (looks.count("frozen"), looks.count("missed")) == (3, 1)


def test_bests_numbers_and_workers(open_page: Open, town: Town, miner: Miner) -> None:
    page = open_page(f"/m/{town.veteran}")
    bests = words(page, "Best ever")
    assert "4.29 G" in bests
    assert "garage-qaxe" in bests
    for timeframe in ("month", "week"):
        assert magnitude(miner["bests"][timeframe]["sdiff"]) in bests
    stats, said = miner["stats"], words(page, "Hashrate")
    assert f"Shares accepted {stats['shares_accepted']:,}" in said
    assert f"Rejected {stats['shares_rejected']}" in said
    assert f"Total work {magnitude(stats['work'])}" in said
    assert "Blocks found 1" in said

    panel = page.get_by_role("region", name="Workers")
    lit = sum(worker["online"] for worker in miner["workers"])
    assert (lit, len(miner["workers"])) == (miner["workers_online"], miner["workers_total"])
    expect(panel).to_contain_text(f"{lit} of {len(miner['workers'])} online")
    rows = panel.locator("tbody tr")
    expect(rows).to_have_count(len(miner["workers"]))
    for worker in miner["workers"]:
        row = rows.filter(has=page.locator(f'th [title="{worker["name"]}"]'))
        expect(row).to_contain_text("online" if worker["online"] else "offline")
        expect(row).to_contain_text(magnitude(worker["best_sdiff"]).replace(" ", "\u00a0"))
    assert LONG_NAME in {worker["name"] for worker in miner["workers"]}


def test_all_workers_of_a_farm_are_counted(open_page: Open, game: Game) -> None:
    farmer = game.new_miner()
    names = [f"rig {n}" for n in range(200)]
    game.mine(*(share(farmer, worker=name, ago=30.0) for name in names[:150]), miner=farmer)
    game.mine(*(share(farmer, worker=name, ago=600.0) for name in names[150:]), miner=farmer)
    page = open_page(f"/m/{farmer}")
    panel = page.get_by_role("region", name="Workers")
    expect(panel).to_contain_text("150 of 200 online")
    expect(panel).to_contain_text("And 188 more, all counted above.")


def test_on_a_phone_a_workers_figures_have_labels(open_page: Open, town: Town) -> None:
    page = open_page(f"/m/{town.veteran}", width=390, height=844)
    panel = page.get_by_role("region", name="Workers")
    table = panel.get_by_role("table", name="Workers")
    row = table.get_by_role("row").filter(has_text="garage-qaxe")
    month = re.compile(r"\d [A-Z][a-z]+")  # it fell quiet 80 days ago
    for label, figure in (
        ("Shares (rejected)", "1 (0)"), ("Best", "4.29\u00a0G"), ("Hashrate", "0"), ("Seen", month),
    ):  # fmt: skip
        cell = row.get_by_role("cell").filter(has=page.get_by_text(label, exact=True))
        expect(cell.get_by_text(label)).to_be_visible()
        expect(cell).to_contain_text(figure)
    # Laid as a list it is still a table, also where a browser goes by the look.
    parts = table.locator("thead, tbody, tr, th, td")
    assert parts.evaluate_all("all => all.filter(el => !el.hasAttribute('role')).length") == 0
    page.set_viewport_size({"width": 1440, "height": 1000})
    expect(table.get_by_text("Best", exact=True).first).to_be_visible()
    expect(row.get_by_text("Best")).to_be_hidden()


def test_badges_and_feed(open_page: Open, game: Game, town: Town, miner: Miner) -> None:
    page = open_page(f"/m/{town.veteran}")
    badges = miner["badges"]
    catalogue = {badge["slug"]: badge for badge in game.ask("/badges")["badges"]}
    shelf = page.get_by_role("region", name="Badges")
    expect(shelf).to_contain_text(f"{len(badges['earned'])} of 20 earned")
    places = shelf.locator(".shelf-place")
    expect(places).to_have_count(20)
    states = places.evaluate_all(
        "all => Object.fromEntries(all.map(b => [b.querySelector('.shelf-name').textContent,"
        " b.querySelector('svg').getAttribute('class')]))"
    )
    earned = {catalogue[badge["slug"]]["name"] for badge in badges["earned"]}
    begun = {catalogue[one["slug"]]["name"] for one in badges["progress"] if one["value"] > 0}
    for name, look in states.items():
        wanted = "earned" if name in earned else "progress" if name in begun else "locked"
        assert f"art-badge-{wanted}" in look, name
    for one in badges["progress"]:
        assert 0 <= one["value"] < one["threshold"]

    lines = page.locator("#rewards li")
    assert 5 <= lines.count() <= len(miner["feed"])
    older = page.get_by_role("button", name="Show older")
    if lines.count() < len(miner["feed"]):
        older.click()
    expect(lines).to_have_count(len(miner["feed"]))
    for line, item in zip(lines.all(), miner["feed"], strict=True):
        expect(line).to_contain_text(item["title"])
        if item["xp"]:
            expect(line).to_contain_text(f"+{item['xp']:,} XP")
