"""The registry of quests and its packs, as `tbg registry` and the start of a service see them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tbg.core.tx import Database
from tests.commands import tbg
from tests.domains.gamification.play import rows
from tests.domains.quests.doing import BADGE, quest

ROOT = Path(__file__).parents[2]
REGISTRY = ROOT / "src/tbg/registry/quests.json"
EXAMPLE = ROOT / "docs/example-quests.json"
QUESTS = json.loads(REGISTRY.read_text())["quests"]
GOOD = quest("good", "active_days", 2, period="weekly")


def run(*words: object, **env: str) -> subprocess.CompletedProcess[str]:
    return tbg("registry", *words, env=env)


def pack(folder: Path, *quests: dict[str, Any], name: str = "pack.json") -> Path:
    file = folder / name
    head = {"schema_version": "1", "pack": "tests"}
    file.write_text(json.dumps(head | {"quests": list(quests)}))
    return file


def test_the_registry_is_well_formed_and_names_what_waits() -> None:
    done = run("check", REGISTRY, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["quests"] == [entry["slug"] for entry in QUESTS]
    assert told["not_open"] == [
        "first_page", "quiz_evening", "at_the_fair", "around_one_stove", "unwrapped",
    ]  # fmt: skip
    said = run("check", REGISTRY).stdout
    assert "12 quests, no errors" in said
    assert "nothing here supplies their facts: first_page" in said


def test_no_shipped_quest_with_a_period_counts_what_more_connections_raise() -> None:
    counted = {entry["goal"]["fact"] for entry in QUESTS if entry["period"] != "once"}
    assert not counted & {"accepted_shares", "workers_online"}
    assert not {entry["goal"]["fact"] for entry in QUESTS} & {"work", "best_sdiff"}


def test_every_quest_has_its_german_words() -> None:
    german = json.loads((REGISTRY.parent / "quests.de.json").read_text())
    assert set(german["quests"]) == {entry["slug"] for entry in QUESTS}
    assert all(text["name"] and text["description"] for text in german["quests"].values())


def test_the_example_of_a_pack_is_well_formed() -> None:
    assert run("check", EXAMPLE).returncode == 0


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (GOOD | {"goal": {"fact": "blocks", "threshold": 1}}, "'good': goal.fact: 'blocks' is not"),
        (GOOD | {"goal": {"fact": "work"}}, "'good': goal: 'threshold' is a required property"),
        (GOOD | {"goal": {"fact": "external", "threshold": 2}}, "'good': goal:"),
        (GOOD | {"goal": {"fact": "work", "threshold": 0}}, "'good': goal.threshold"),
        (GOOD | {"goal": {"fact": "streak_weeks", "threshold": 2}}, "'good': period: 'once' was"),
        (GOOD | {"period": "hourly"}, "'good': period: 'hourly' is not one of"),
        (GOOD | {"xp": 0}, "'good': xp: 0 is less than"),
        (GOOD | {"slug": "Good"}, "'Good': slug: 'Good' does not match"),
        (GOOD | {"starts": "2026-02-30"}, "'good': day is out of range"),
        (GOOD | {"starts": "2026-03-02", "ends": "2026-03-01"}, "'good' ends before it starts"),
        (GOOD | {"badge": "visitor"}, "'good': its badge 'visitor' does not exist"),
        (GOOD | {"badge": "streak_4"}, "'good': its badge 'streak_4' is not one of the event"),
        (GOOD | {"slug": "stove_lit"}, "'stove_lit' already exists: a pack can only add quests"),
        (GOOD | {"more": 1}, "'good': Additional properties are not allowed"),
    ],
)
def test_a_bad_entry_is_named_with_its_fault(
    tmp_path: Path, entry: dict[str, Any], fault: str
) -> None:
    done = run("check", pack(tmp_path, entry))
    assert done.returncode == 2
    assert fault in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_pack_is_checked_with_the_badges_and_the_other_packs_of_the_settings(
    tmp_path: Path,
) -> None:
    badges, quests = tmp_path / "badges", tmp_path / "quests"
    badges.mkdir()
    quests.mkdir()
    head = {"schema_version": "1", "pack": "tests"}
    (badges / "badges.json").write_text(json.dumps(head | {"badges": [BADGE]}))
    assert run("check", badges / "badges.json", "--json").returncode == 0
    file = pack(tmp_path, GOOD | {"badge": "visitor"})
    assert run("check", file, TBG_BADGE_PACKS=str(badges)).returncode == 0
    pack(quests, GOOD)
    done = run("check", file, TBG_BADGE_PACKS=str(badges), TBG_QUEST_PACKS=str(quests))
    assert "'good' already exists" in done.stderr
    nowhere = run("check", file, TBG_QUEST_PACKS=str(tmp_path / "nothing"))
    assert "TBG_QUEST_PACKS" in nowhere.stderr


async def test_a_quest_whose_pack_is_gone_stays_until_it_is_retired(
    db: Database, fresh_database: str, redis_url: str, tmp_path: Path
) -> None:
    servers = {"TBG_DATABASE_URL": fresh_database, "TBG_REDIS_URL": redis_url}
    pack(tmp_path, GOOD)
    migrated = tbg("migrate", env=servers | {"TBG_QUEST_PACKS": str(tmp_path)})
    assert migrated.returncode == 0, migrated.stderr
    there = run("retire", "good", "--quests", TBG_QUEST_PACKS=str(tmp_path), **servers)
    assert there.returncode == 2
    assert "'good' is in the registry or in a pack here" in there.stderr
    assert run("retire", "good", "--quests", **servers).stdout == "retired: good\n"
    active = await rows(db, "SELECT slug FROM quest_definitions WHERE is_active")
    assert len(active) == 12
    again = run("retire", "good", "--quests", **servers)
    assert "'good' is not active" in again.stderr
