"""Every command of README's table, in a new shell beside a game, with no setting but its folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from typer.main import get_command

from tbg.app.cli import build
from tests import canary
from tests.commands import tbg, terminated

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "fixtures" / "ckpool" / "b" / "logs"

# The command as README has it → what is put behind it, its exit code, and words of what it prints.
EXPECTED: dict[str, tuple[str, int, str]] = {
    "tbg up": ("", 1, "already runs in"),
    "tbg env": ("", 0, "export TBG_NETWORK=regtest;"),
    "tbg local start": ("", 0, "the servers are already running"),
    "tbg local stop": ("", 1, "they belong to `tbg up`"),
    "tbg local status": ("", 0, "running, started by tbg up"),
    "tbg local run": ("", 1, "another tbg"),
    "tbg serve": ("", 1, "is in use"),
    "tbg worker": ("", 0, ""),
    "tbg ingest": ("--drain", 0, ""),
    "tbg relay": ("--drain", 0, ""),
    "tbg sender": ("", 0, ""),
    "tbg migrate": ("", 0, "the schema is at"),
    "tbg collect": ("LOGS --source pool --once", 0, "published"),
    "tbg simulate": ("--events 3 --rate max", 0, "3 events"),
    "tbg mining totals": ("", 0, "bcrt1"),
    "tbg rewards verify": ("", 0, "0 mismatches"),
    "tbg rewards replay": ("--sample nothing --dry-run", 2, "there is no sample nothing"),
    "tbg events dead-letters": ("", 0, "No dead letters"),
    "tbg events replay": ("--all", 0, "0 put back"),
    "tbg events drop": ("--all", 0, "0 discarded"),
    "tbg events parked": ("", 0, "No parked messages"),
    "tbg events retry": ("--all", 0, "0 will be delivered again"),
    "tbg tasks parked": ("", 0, "No parked tasks"),
    "tbg tasks retry": ("--all", 0, "0 will be run again"),
    "tbg jobs parked": ("", 0, "No parked users"),
    "tbg jobs retry": ("--all", 0, "0 will be tried again"),
    "tbg registry check": ("PACK", 0, "no errors"),
    "tbg registry retire": ("nothing_here", 2, "nothing_here"),
    "tbg admin grant": ("nobody", 1, "there is no user nobody"),
    "tbg admin roles": ("", 0, "nobody yet"),
    "tbg admin audit": ("", 0, "The audit log is empty"),
    "tbg admin end-sessions": ("", 0, "0 sessions ended"),
    "tbg keys list": ("", 0, "signs"),
    "tbg keys rotate": ("", 0, "is published now"),
    "tbg credentials rotate": ("", 0, "is published now"),
    "tbg credentials revoke": ("unknown", 1, "there is no credential unknown"),
    "tbg settings": ("", 0, "the running game"),
    "tbg doctor": ("", 0, "development, regtest"),
    "tbg openapi": ("", 0, '"openapi"'),
    "tbg bench pipeline": ("--users-before 1", 2, "--rows-before"),
    "tbg bench scale": ("--rows 100 --users 200", 2, "--rows"),
    "tbg bench latency": ("--sockets 0", 2, "--sockets"),
    "tbg bench rewards": ("--users 1", 2, "--users"),
    "tbg faults run": ("--schedules 0", 2, "--schedules"),
    "tbg faults restarts": ("--kills -1", 2, "--kills"),
}
ALONE = {"up", "env", "local", "openapi", "bench", "faults"}


def table() -> list[str]:
    """The commands of README's table, without their arguments, in its order."""
    text = (ROOT / "README.md").read_text()
    rows = text.partition("| command | does |\n|---|---|\n")[2].partition("\n\n")[0].splitlines()
    spans = [span for row in rows for span in re.findall(r"`(tbg [^`]+)`", row.split("|")[1])]
    return [re.sub(r" (?:--.*|[A-Z]{2}.*)$", "", span) for span in spans]


def commands() -> Iterator[str]:
    """Every command that the program has."""

    def below(name: str, found: object) -> Iterator[str]:
        inner = getattr(found, "commands", None)
        if inner is None:
            yield name
        else:
            for word, one in inner.items():
                yield from below(f"{name} {word}", one)

    yield from below("tbg", get_command(build()))


def test_every_command_has_its_place_in_the_readme_and_is_tried_here() -> None:
    assert sorted(table()) == sorted(commands()) == sorted(EXPECTED)


@pytest.fixture
def game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """`tbg up` of a regtest pool with a pack, as `make up` starts it; its data folder.

    This process then is a new shell: in another folder, with no setting.
    """
    packs, quests, data = tmp_path / "packs", tmp_path / "quests", tmp_path / "my data"
    for folder, example in ((packs, "example-pack.json"), (quests, "example-quests.json")):
        folder.mkdir()
        shutil.copy(ROOT / "docs" / example, folder / "ours.json")
    env = os.environ | {"TBG_NETWORK": "regtest", "TBG_BADGE_PACKS": str(packs)}
    env["TBG_QUEST_PACKS"] = str(quests)
    words = [sys.executable, "-m", "tbg", "up", "--port", "0", "--data", str(data)]
    up = subprocess.Popen(
        words, env=env, cwd=tmp_path, text=True, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert up.stdout is not None
        said = _until_up(up.stdout.readline)
        assert said["url"].startswith("http://127.0.0.1:")
        (tmp_path / "shell").mkdir()
        monkeypatch.chdir(tmp_path / "shell")
        for name in [name for name in os.environ if name.startswith("TBG_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("TBG_DATA_DIR", str(data))
        yield data
    finally:
        up.terminate()
        up.communicate(timeout=60)
        canary.look_through(*data.glob("log/*.log"))


def _until_up(read: Callable[[], str]) -> dict[str, str]:
    lines = []
    while line := read():
        lines.append(line)
        said: dict[str, str] = json.loads(line)
        if said["event"] == "up":
            return said
    raise AssertionError(f"it ended: {lines}")


def _wrong(command: str, done: subprocess.CompletedProcess[str], data: Path) -> str:
    """What is not as it should be; empty: all is well."""
    _, code, words = EXPECTED[command]
    err = [line for line in done.stderr.splitlines() if not line.startswith("{")]  # but for logs
    beside = command.split()[1] not in ALONE
    if beside and not (err and f"using the game of {data}" in err.pop(0)):
        return f"does not say which game it uses: {done}"
    if done.returncode != code or words not in done.stdout + done.stderr:
        return f"{done}"
    if code and (len(err) != 1 or not err[0].startswith("tbg: ")):
        return f"not one line of explanation: {done}"
    return ""


def test_every_command_of_the_readme_finds_the_game_by_its_folder(
    game: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = game.parent / "logs"
    shutil.copytree(RECORDED, logs)
    first = ["tbg collect", "tbg ingest"]
    order = first + [command for command in table() if command not in first]
    wrong = {}
    for command in order:
        places = {"LOGS": str(logs), "PACK": str(game.parent / "packs" / "ours.json")}
        more = [places.get(word, word) for word in EXPECTED[command][0].split()]
        with terminated() if command in ("tbg worker", "tbg sender") else nullcontext():
            done = tbg(*command.split()[1:], *more)
        if problem := _wrong(command, done, game):
            wrong[command] = problem
    assert wrong == {}
    # The same by an option, and from outside the folder; JSON stays alone on stdout.
    monkeypatch.delenv("TBG_DATA_DIR")
    words = ("doctor", "--json", "--data", str(game))
    done = tbg(*words)
    assert (done.returncode, json.loads(done.stdout)["badges"]["ok"]) == (0, True)
    done = tbg("doctor")
    assert "no game runs in" in done.stdout
    # Scripts: everything is exported, and what is not set is unset.
    program = f"{Path(sys.executable).parent}/tbg"
    script = 'eval "$(%s env --data "%s" || echo false)"'
    script += ' && echo "$TBG_NETWORK $TBG_BADGE_PACKS $TBG_QUEST_PACKS"'
    for quoted in (script, script.replace('eval "', "eval ").replace(')" &&', ") &&")):
        shell = subprocess.run(
            ["sh", "-c", quoted % (program, game)], capture_output=True, text=True, check=False
        )
        assert shell.stdout.split() == [
            "regtest", str(game.parent / "packs"), str(game.parent / "quests")
        ], shell.stderr  # fmt: skip
    # A setting of the shell's own that differs is named.
    monkeypatch.setenv("TBG_DATA_DIR", str(game))
    monkeypatch.setenv("TBG_NETWORK", "mainnet")
    done = tbg("doctor")
    assert done.returncode == 3
    assert "TBG_NETWORK is mainnet here (environment), regtest in the game" in done.stdout


def test_a_script_notices_that_no_game_runs(tmp_path: Path) -> None:
    tbg = f"{sys.executable} -m tbg env --data {tmp_path}"
    for way in (f"eval $({tbg})", f'eval "$({tbg})"', 'eval "$(no-such-tbg env || echo false)"'):
        done = subprocess.run(["sh", "-c", way], capture_output=True, text=True, check=False)
        assert done.returncode != 0, way
        assert done.stderr.count("\n") == 1
