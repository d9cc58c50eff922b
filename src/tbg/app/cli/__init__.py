"""The command line: one program, `tbg`.

Only the command that was asked for is imported: a service should not pay for the others' libraries.
"""

from __future__ import annotations

import copy
import gc
import importlib
import importlib.metadata
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

import typer
from typer.models import CommandInfo

from tbg.app import screen
from tbg.app.cli.command import Kind, command
from tbg.core.errors import CannotRun, CommandError

# command → the function, or the group (a Typer), that it is. In the order that help shows them.
COMMANDS = {
    "up": "tbg.app.cli.local:up",
    "env": "tbg.app.cli.local:env",
    "local": "tbg.app.cli.local:app",
    "serve": "tbg.app.cli.serve:serve",
    "worker": "tbg.app.cli.worker:worker",
    "ingest": "tbg.app.cli.ingest:ingest",
    "relay": "tbg.app.cli.relay:relay",
    "sender": "tbg.app.cli.sender:sender",
    "collect": "tbg.app.cli.collect:collect",
    "simulate": "tbg.app.cli.simulate:simulate",
    "migrate": "tbg.app.cli.migrate:migrate",
    "settings": "tbg.app.cli.doctor:settings",
    "doctor": "tbg.app.cli.doctor:doctor",
    "mining": "tbg.app.cli.mining:app",
    "events": "tbg.app.cli.events:app",
    "tasks": "tbg.app.cli.tasks:app",
    "jobs": "tbg.app.cli.jobs:app",
    "rewards": "tbg.app.cli.rewards:app",
    "registry": "tbg.app.cli.registry:app",
    "keys": "tbg.app.cli.keys:app",
    "credentials": "tbg.app.cli.credentials:app",
    "admin": "tbg.app.cli.admin:app",
    "openapi": "tbg.app.cli.serve:openapi",
    "bench": "lab.cli.bench:app",
    "faults": "lab.cli.faults:app",
}

# Commands that do not use the running game as the others do; those find it and say so.
_KINDS: dict[str, Kind] = {
    "up": "folder", "env": "folder", "local": "folder",
    "openapi": "alone", "bench": "alone", "faults": "alone",
}  # fmt: skip


def build(only: str | None = None) -> typer.Typer:
    """The program, with one command or with all of them that are installed."""
    program = typer.Typer(
        name="tbg",
        help="The Bitcoin Game: keeps score of solo mining.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    program.callback()(_options)
    for name, where in COMMANDS.items():
        if only not in (None, name):
            continue
        if found := _load(where):
            _add(program, name, found)
        elif only:
            raise CannotRun(
                f"`tbg {name}` is for developers and is not part of an installed tbg: run it in a "
                "checkout of the repository, after `make setup`"
            )
    return program


def _load(where: str) -> typer.Typer | Callable[..., Any] | None:
    """The command; None if it is in the package `lab`, which only a checkout has."""
    name, _, attribute = where.partition(":")
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name in {"lab", "lab.cli"}:  # the latter where another package is called lab
            return None
        raise
    found: typer.Typer | Callable[..., Any] = getattr(module, attribute)
    return found


def _add(program: typer.Typer, name: str, found: typer.Typer | Callable[..., Any]) -> None:
    kind = _KINDS.get(name, "game")
    if isinstance(found, typer.Typer):
        group = copy.copy(found)
        group.registered_commands = [_as(info, kind) for info in found.registered_commands]
        program.add_typer(group, name=name)
    else:
        program.command(name)(command(found, kind))


def _as(info: CommandInfo, kind: Kind) -> CommandInfo:
    assert info.callback is not None
    ours = copy.copy(info)
    ours.callback = command(info.callback, kind)
    return ours


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tbg {importlib.metadata.version('tbg')}")
        raise typer.Exit


def _options(
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """The Bitcoin Game: keeps score of solo mining."""


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 needs a person."""
    words = [word for word in sys.argv[1:] if word != "--debug"]
    only = words[0] if words and words[0] in COMMANDS else None
    if words == ["--version"]:
        only = ""  # no command at all: importing them takes a second
    gc.disable()  # imports stay: collecting garbage among them takes a tenth of a start
    try:
        program = build(only)
        gc.enable()
        code = program(standalone_mode=False)  # of --help, or of Ctrl-C
    except typer.TyperException as error:
        said = " ".join(error.format_message().replace("Value error, ", "").split())
        if not said:  # there were no arguments at all, and help has been shown
            sys.exit(error.exit_code)
        _fail(f"{said.rstrip('.')}: see `tbg {f'{only} ' if only else ''}-h`", error.exit_code)
    except CommandError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # whatever it was, a user gets one line
        _fail(importlib.import_module("tbg.app.cli.failure").told(error), 1)
    sys.exit(code)


def _fail(line: str, code: int) -> NoReturn:
    with screen.guarded():
        if "--debug" in sys.argv:
            traceback.print_exc()
        print(f"tbg: {line}", file=sys.stderr)
    sys.exit(code)
