"""The badge registry: what is in it, what it refuses, how it comes into the database."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tbg.core import limits
from tbg.core.errors import BadArguments, CannotRun
from tbg.core.tx import Database
from tbg.domains.gamification.actions.registry import (
    REGISTRY,
    check_file,
    load_registry,
    read_registry,
    retire,
)
from tbg.domains.gamification.queries.registry import schema
from tests.commands import tbg
from tests.conftest import NOW
from tests.domains.gamification.play import play, rows, share, value

EXAMPLE = Path(__file__).parents[2] / "docs" / "example-pack.json"

SLUGS = [
    "first_share", "shares_1k", "shares_1m", "block_finder", "diff_1e6", "diff_1e9", "diff_1e12",
    "weekly_diff_champion", "streak_4", "streak_12", "streak_52", "node_runner", "node_pruned",
    "node_archival", "world_cup_participant", "world_cup_winner", "orange_piller",
    "rabbit_hole_complete", "coop_founder", "coop_block",
]  # fmt: skip
XP = [
    50, 100, 200, 500, 50, 100, 200, 300, 100, 200,
    500, 150, 100, 250, 200, 500, 200, 150, 150, 500,
]  # fmt: skip

NEW = {
    "slug": "shares_2",
    "name": "Two of Them",
    "description": "Submit two shares",
    "category": "mining",
    "rarity": "common",
    "xp_reward": 10,
    "trigger_type": "share_count",
    "trigger_config": {"threshold": 2},
    "sort_order": 100,
}


def registry() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(REGISTRY.read_text())
    return found


def pack(*badges: dict[str, Any], name: str = "ours") -> str:
    return json.dumps({"schema_version": "1", "pack": name, "badges": list(badges)})


def written(folder: Path, content: object, name: str = "badges.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_the_twenty() -> None:
    badges = read_registry()
    assert [badge.slug for badge in badges] == SLUGS
    assert [badge.xp_reward for badge in badges] == XP
    assert [badge.sort_order for badge in badges] == list(range(1, 21))
    by_slug = {badge.slug: badge for badge in badges}
    assert by_slug["block_finder"].trigger_config == {}
    assert by_slug["orange_piller"].trigger_config == {"event": "gift_sent"}
    assert by_slug["diff_1e12"].threshold == 1e12


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json.loads(schema()))


def _altered(slug: str, **changes: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        next(b for b in content["badges"] if b["slug"] == slug).update(changes)

    return change


def _added(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["badges"].append(NEW | changes)


def _without(key: str) -> Callable[[dict[str, Any]], None]:
    badge = {k: v for k, v in NEW.items() if k != key}
    return lambda content: content["badges"].append(badge)


REFUSED: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda c: c["badges"].append(NEW) or c["badges"].append(NEW), "'shares_2' occurs twice"),
    (_added(slug="first_share"), "'first_share' occurs twice"),
    (_added(trigger_type="moon_phase"), "'shares_2'.*moon_phase"),
    (_added(trigger_config={}), "'shares_2'.*threshold"),
    (_added(trigger_config={"threshold": 0}), "'shares_2'.*threshold"),
    (_added(trigger_config={"threshold": 2.5}), "'shares_2'.*threshold"),
    (_added(trigger_config={"threshold": 2**63}), "'shares_2'.*threshold"),
    (_added(name="Two\0"), "'shares_2'.*name"),
    (_added(trigger_config={"threshold": "2"}), "'shares_2'.*threshold"),
    (_added(trigger_config={"threshold": 2, "more": 1}), "'shares_2'.*more"),
    (_added(trigger_type="event"), "'shares_2'.*(event|threshold)"),
    (_added(trigger_type="event", trigger_config={"event": "No!"}), "'shares_2'.*No!"),
    (_added(trigger_type="block_found"), "'shares_2'"),
    (_added(xp_reward=0), "'shares_2'.*xp_reward"),
    (_added(rarity="mythic"), "'shares_2'.*mythic"),
    (_added(slug="Not A Slug"), "Not A Slug"),
    (_added(slug="slug\n"), "does not match"),
    (_added(colour="red"), "'shares_2'.*colour"),
    (_without("name"), "'shares_2'.*name"),
    (_without("slug"), "entry 21.*slug"),
    (lambda c: c["badges"].append("a badge"), "entry 21"),
    (lambda c: c["badges"].pop(3), "'block_finder' is missing"),
    (lambda c: c.update(badges=[]), "missing|non-empty|short"),
    (lambda c: c.pop("badges"), "badges"),
    (lambda c: c.update(schema_version="2"), "schema_version"),
    (_altered("streak_52", xp_reward=501), r"'streak_52' cannot be changed \(xp_reward\)"),
    (_altered("first_share", name="First"), r"'first_share' cannot be changed \(name\)"),
    (_altered("diff_1e6", trigger_config={"threshold": 1}), "'diff_1e6' cannot be changed"),
    (_altered("coop_block", icon_url="/x.png"), r"'coop_block' cannot be changed \(icon_url\)"),
]


@pytest.mark.parametrize(("spoil", "says"), REFUSED)
def test_what_is_refused_is_named(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], Any], says: str
) -> None:
    content = registry()
    spoil(content)
    file = written(tmp_path, content)
    with pytest.raises(BadArguments, match=says) as refused:
        read_registry(file=file)
    assert str(file) in str(refused.value)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"badges": NaN}', "\x00", '"x"'])
def test_what_is_not_a_registry_at_all_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(BadArguments):
        check_file(written(tmp_path, content))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadArguments, match="cannot be read"):
        check_file(tmp_path / "nothing.json")


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(BadArguments, match="is not a file"):
        read_registry(packs=tmp_path)


def test_a_registry_may_hold_more(tmp_path: Path) -> None:
    content = registry()
    content["badges"].append(NEW)
    assert len(read_registry(file=written(tmp_path, content))) == 21


class TestPacks:
    def test_they_add(self, tmp_path: Path) -> None:
        gift = NEW | {
            "slug": "g",
            "trigger_type": "event",
            "trigger_config": {"event": "gift_bitaxe"},
        }
        written(tmp_path, pack(NEW), "a.json")
        written(tmp_path, pack(gift), "b.json")
        badges = read_registry(packs=tmp_path)
        assert [badge.slug for badge in badges[20:]] == ["shares_2", "g"]
        assert badges[21].trigger_config == {"event": "gift_sent"}, "an old name of the event"

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (pack(NEW | {"slug": "first_share"}), "'first_share' already exists"),
            (pack(NEW, NEW), "occurs twice"),
            (json.dumps({"schema_version": "1", "badges": [NEW]}), "missing"),
            (json.dumps(registry()), "pack"),
            ("{}", "badges"),
        ],
    )
    def test_packs_cannot_redefine_badges(self, tmp_path: Path, content: str, says: str) -> None:
        written(tmp_path, content, "a.json")
        with pytest.raises(BadArguments, match=says):
            read_registry(packs=tmp_path)

    def test_nor_each_other(self, tmp_path: Path) -> None:
        written(tmp_path, pack(NEW), "a.json")
        written(tmp_path, pack(NEW), "b.json")
        with pytest.raises(BadArguments, match=r"b\.json.*already exists"):
            read_registry(packs=tmp_path)

    def test_a_missing_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadArguments, match="TBG_BADGE_PACKS"):
            read_registry(packs=tmp_path / "nowhere")

    def test_a_pack_is_not_the_registry(self, tmp_path: Path) -> None:
        with pytest.raises(BadArguments, match="pack"):
            read_registry(file=written(tmp_path, pack(NEW)))

    def test_check_knows_a_pack(self, tmp_path: Path) -> None:
        assert [badge.slug for badge in check_file(written(tmp_path, pack(NEW)))] == ["shares_2"]
        with pytest.raises(BadArguments, match="already exists"):
            check_file(written(tmp_path, pack(NEW | {"slug": "streak_4"})))

    def test_check_knows_the_other_packs(self, tmp_path: Path) -> None:
        here = written(tmp_path, pack(NEW), "a.json")
        assert [badge.slug for badge in check_file(here, packs=tmp_path)] == ["shares_2"]
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        other = written(elsewhere, pack(NEW), "b.json")
        assert [badge.slug for badge in check_file(other)] == ["shares_2"]
        with pytest.raises(BadArguments, match=r"b\.json.*'shares_2' already exists"):
            check_file(other, packs=tmp_path)

    def test_they_may_bring_pictures_of_which_only_what_draws_is_kept(self, tmp_path: Path) -> None:
        head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        (tmp_path / "two.svg").write_text(f'{head}<script/><path d="M0 0h9"/></svg>')
        written(tmp_path, pack(NEW | {"picture": "two.svg"}), "a.json")
        picture = read_registry(packs=tmp_path)[-1].picture
        assert picture == f'{head}<path d="M0 0h9" /></svg>'
        (tmp_path / "two.svg").write_text("no picture")
        with pytest.raises(BadArguments, match=r"two\.svg: it is not XML"):
            read_registry(packs=tmp_path)
        (tmp_path / "two.svg").unlink()
        with pytest.raises(BadArguments, match=r"two\.svg cannot be read"):
            read_registry(packs=tmp_path)

    @pytest.mark.parametrize("name", ["../two.svg", "/etc/two.svg", "two.png", ".svg", "a/b.svg"])
    def test_a_picture_is_a_file_beside_its_pack(self, tmp_path: Path, name: str) -> None:
        written(tmp_path, pack(NEW | {"picture": name}), "a.json")
        with pytest.raises(BadArguments, match=r"'shares_2'.*picture"):
            read_registry(packs=tmp_path)

    def test_the_registry_itself_has_no_pictures(self, tmp_path: Path) -> None:
        content = registry()
        content["badges"].append(NEW | {"picture": "two.svg"})
        with pytest.raises(BadArguments, match="only the badges of a pack"):
            read_registry(file=written(tmp_path, content))

    def test_the_example_is_one(self) -> None:
        badges = check_file(EXAMPLE)
        assert len(badges) == 3
        assert {badge.trigger_type for badge in badges} == {"share_count", "best_diff", "streak"}


async def load(db: Database, packs: Path | None = None) -> list[str]:
    async with db.transaction() as tx:
        return await load_registry(tx, packs=packs)


class TestLoading:
    async def test_once_is_enough(self, db: Database) -> None:
        assert await value(db, "SELECT count(*) FROM badge_definitions WHERE is_active") == 20
        assert await load(db) == []

    async def test_many_at_once(self, db: Database, tmp_path: Path) -> None:
        written(tmp_path, pack(NEW), "a.json")
        found = await asyncio.gather(*[load(db, tmp_path) for _ in range(8)])
        assert max(found) == ["shares_2"]
        assert await value(db, "SELECT count(*) FROM badge_definitions") == 21

    async def test_what_was_changed_behind_its_back_is_put_right(self, db: Database) -> None:
        async with db.transaction() as tx:
            await tx.run("UPDATE badge_definitions SET name = 'x' WHERE slug = 'streak_4'")
        assert await load(db) == ["streak_4"]
        assert await load(db) == []

    async def test_a_pack_comes_goes_and_comes_back(self, db: Database, tmp_path: Path) -> None:
        await play(db, [share(NOW)])
        file = written(tmp_path, pack(NEW), "a.json")
        active = (
            "SELECT is_active, backfilled_at IS NULL FROM badge_definitions WHERE slug = 'shares_2'"
        )
        assert await load(db, tmp_path) == ["shares_2"]
        assert await rows(db, active) == [(True, True)]
        for also_taken_out in (None, tmp_path):
            assert await load(db, also_taken_out) == [], "a start retires nothing"
            assert await rows(db, active) == [(True, True)]
            file.unlink(missing_ok=True)
        async with db.transaction() as tx:
            await retire(tx, ["shares_2"], packs=tmp_path)
        assert await rows(db, active) == [(False, True)]
        await play(db, [share(NOW)])
        assert await value(db, "SELECT count(*) FROM user_badges") == 1
        written(tmp_path, pack(NEW), "a.json")
        assert await load(db, tmp_path) == ["shares_2"]
        assert await rows(db, active) == [(True, True)]

    async def test_what_is_here_or_not_active_is_not_retired(
        self, db: Database, tmp_path: Path
    ) -> None:
        written(tmp_path, pack(NEW), "a.json")
        await load(db, tmp_path)
        for slugs, says in (
            (["shares_2"], "'shares_2' is in the registry or in a pack here"),
            (["streak_4"], "'streak_4' is in the registry"),
            (["nothing"], "'nothing' is not active"),
        ):
            with pytest.raises(BadArguments, match=says):
                async with db.transaction() as tx:
                    await retire(tx, slugs, packs=tmp_path)
        assert await value(db, "SELECT count(*) FROM badge_definitions WHERE is_active") == 21

    async def test_texts_of_an_earned_badge_may_change_but_not_its_trigger(
        self, db: Database, tmp_path: Path
    ) -> None:
        written(tmp_path, pack(NEW), "a.json")
        await load(db, tmp_path)
        written(tmp_path, pack(NEW | {"xp_reward": 20}), "a.json")
        assert await load(db, tmp_path) == ["shares_2"]
        await play(db, [share(NOW), share(NOW)])
        written(tmp_path, pack(NEW | {"xp_reward": 20, "name": "Pair"}), "a.json")
        assert await load(db, tmp_path) == ["shares_2"]
        for change in ({"xp_reward": 30}, {"trigger_config": {"threshold": 3}}):
            written(tmp_path, pack(NEW | {"xp_reward": 20} | change), "a.json")
            with pytest.raises(BadArguments, match="'shares_2' has been earned"):
                await load(db, tmp_path)

    async def test_a_change_waits_only_briefly(
        self, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "TABLE_LOCK_SECONDS", 0.2)
        written(tmp_path, pack(NEW), "a.json")
        async with db.transaction() as batch:
            await batch.rows("SELECT * FROM badge_definitions")
            with pytest.raises(CannotRun, match="in use"):
                await load(db, tmp_path)
            assert await load(db) == [], "nothing to change, nothing to wait for"
        assert await load(db, tmp_path) == ["shares_2"]


class TestCommand:
    def run(self, *words: object, **env: str) -> subprocess.CompletedProcess[str]:
        return tbg("registry", *words, env=env)

    def test_a_good_file(self) -> None:
        done = self.run("check", REGISTRY, "--json")
        assert done.returncode == 0, done.stderr
        waiting = [b["slug"] for b in registry()["badges"] if b["trigger_type"] == "event"]
        waiting.remove("weekly_diff_champion")
        assert json.loads(done.stdout) == {
            "file": str(REGISTRY), "ok": True, "badges": SLUGS, "not_open": waiting
        }  # fmt: skip
        said = self.run("check", REGISTRY).stdout
        assert "20 badges" in said
        assert "not open yet" in said

    def test_an_event_that_does_not_exist_is_named_with_those_that_do(self, tmp_path: Path) -> None:
        typo = NEW | {"trigger_type": "event", "trigger_config": {"event": "weekly_dif_champion"}}
        done = self.run("check", written(tmp_path, pack(typo)))
        assert done.returncode == 2
        assert "'shares_2': there is no event 'weekly_dif_champion'; the events are" in done.stderr
        assert "weekly_diff_champion" in done.stderr

    def test_a_pack_is_checked_with_those_of_the_settings(self, tmp_path: Path) -> None:
        file = written(tmp_path, EXAMPLE.read_text(), "mine.json")
        assert self.run("check", EXAMPLE).returncode == 0
        done = self.run("check", EXAMPLE, TBG_BADGE_PACKS=str(tmp_path))
        assert done.returncode == 2
        assert "'example_shares_100' already exists" in done.stderr
        assert self.run("check", file, TBG_BADGE_PACKS=str(tmp_path)).returncode == 0

    def test_a_bad_file(self, tmp_path: Path) -> None:
        content = registry()
        del content["badges"][0]
        file = written(tmp_path, content)
        done = self.run("check", file, "--json")
        assert done.returncode == 2
        assert (
            done.stderr == f"tbg: {file}: badge 'first_share' is missing, but cannot be removed\n"
        )
        assert json.loads(done.stdout)["ok"] is False

    @pytest.mark.parametrize("encoding", ["UTF-7", "idna", "there is none", "shift_jis"])
    def test_a_picture_in_another_encoding_is_refused_by_name(
        self, tmp_path: Path, encoding: str
    ) -> None:
        (tmp_path / "two.svg").write_text(
            f'<?xml version="1.0" encoding="{encoding}"?>'
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h9"/></svg>'
        )
        done = self.run("check", written(tmp_path, pack(NEW | {"picture": "two.svg"}), "a.json"))
        assert done.returncode == 2
        assert done.stderr == (
            f"tbg: {tmp_path / 'two.svg'}: it is in {encoding}, not in UTF-8: "
            "save it as plain SVG\n"
        )

    async def test_a_retired_badge(
        self, db: Database, fresh_database: str, redis_url: str, tmp_path: Path
    ) -> None:
        written(tmp_path, pack(NEW), "a.json")
        await load(db, tmp_path)
        servers = {"TBG_DATABASE_URL": fresh_database, "TBG_REDIS_URL": redis_url}
        there = self.run("retire", "shares_2", TBG_BADGE_PACKS=str(tmp_path), **servers)
        assert there.returncode == 2
        assert there.stderr.startswith("tbg: badge 'shares_2' is in the registry or in a pack")
        assert self.run("retire", "shares_2", **servers).stdout == "retired: shares_2\n"
        assert await value(db, "SELECT count(*) FROM badge_definitions WHERE is_active") == 20
