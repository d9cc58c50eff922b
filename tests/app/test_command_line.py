"""The command line itself: what it says to words that it does not know."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from tests.commands import tbg


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["collct"], "No such command 'collct'. Did you mean 'collect'?: see `tbg -h`"),
        (["--nope"], "No such option: --nope: see `tbg -h`"),
        (["collect"], "Missing argument 'logdir': see `tbg collect -h`"),
        (["collect", "x"], "Missing option '--source': see `tbg collect -h`"),
        (["events", "replay", "--al"], "No such option: --al"),
        (["admin", "grant", "a", "king"], "Invalid value for 'role': 'king' is not one of 'user'"),
        (["up", "--port", "x"], "Invalid value for '--port': "),
        (["up", "--port", "70000"], "Invalid value for '--port': "),
        (["serve", "now"], "Got unexpected extra argument"),
    ],
)
def test_wrong_arguments_end_with_one_line(words: list[str], said: str) -> None:
    done = tbg(*words)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"tbg: {said}")


def test_the_version_is_printed() -> None:
    done = tbg("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"tbg {version('tbg')}\n"


def test_help_is_shown_on_request_and_without_arguments() -> None:
    for words, code in ((["-h"], 0), (["events", "--help"], 0), ([], 2), (["events"], 2)):
        done = tbg(*words)
        assert (done.returncode, done.stderr) == (code, "")
        assert "Usage:" in done.stdout
