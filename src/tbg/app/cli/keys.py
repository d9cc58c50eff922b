"""`tbg keys`: the keys that sign access tokens."""

from __future__ import annotations

import getpass

import orjson
import typer

from tbg.adapters.keys import KeyRing, SigningKey
from tbg.app import process
from tbg.app.cli.common import once
from tbg.core import limits
from tbg.core.clock import SystemClock
from tbg.core.settings import load_settings
from tbg.domains.accounts.actions.audit import audit

app = typer.Typer(no_args_is_help=True, help="The keys that sign access tokens.")


@app.callback()
def group() -> None:
    """The keys that sign access tokens."""


@app.command("list")
def list_keys(
    as_json: bool = typer.Option(False, "--json", help="One JSON object per line."),
) -> None:
    """List every key: when it was made, which one signs, and how long the others are trusted."""
    for key, signs in _ring().listed():
        until = "" if key.until is None else key.until.isoformat(timespec="seconds")
        made = key.made_at.isoformat(timespec="seconds")
        if as_json:
            line = {"kid": key.kid, "made_at": made, "signs": signs, "trusted_until": until or None}
            typer.echo(orjson.dumps(line).decode())
        else:
            what = "signs" if signs else f"trusted until {until}" if until else "signs soon"
            typer.echo(f"{key.kid}  made {made}  {what}")


@app.command()
def rotate() -> None:
    """Add a key, and remove those whose tokens have all expired. Nobody is signed out."""

    async def add(runtime: process.Runtime) -> SigningKey:
        async with runtime.database.transaction() as tx:
            made = _ring().rotate()
            by = f"tbg keys ({getpass.getuser()})"
            await audit(tx, actor_id=None, actor=by, action="keys.rotate", subject=made.kid)
            return made

    made = once(add)
    seconds = int(limits.KEY_SETTLES.total_seconds())
    typer.echo(f"{made.kid} is published now and signs in {seconds} s, in every process")


def _ring() -> KeyRing:
    settings = load_settings()
    ring = KeyRing(settings.keys, SystemClock(), settings.public_url)
    ring.prepare(make=False)  # nobody uses one that is made here
    return ring
