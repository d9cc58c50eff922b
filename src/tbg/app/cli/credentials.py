"""`tbg credentials`: the keys that sign badges for other programs, and taking credentials back."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from tbg.adapters.credentials import CredentialKey, CredentialKeys
from tbg.adapters.keys import KeyRing
from tbg.app import process
from tbg.app.cli.common import once
from tbg.core import limits
from tbg.core.clock import SystemClock
from tbg.core.errors import CannotRun, NotFound
from tbg.core.settings import load_settings
from tbg.domains.accounts.actions.audit import audit
from tbg.domains.credentials import actions

app = typer.Typer(no_args_is_help=True, help="Badges as documents that other programs check.")


@app.callback()
def group() -> None:
    """Badges as documents that other programs check."""


@app.command()
def rotate() -> None:
    """Add a key that signs from now on. Credentials signed before stay valid."""

    async def add(runtime: process.Runtime) -> CredentialKey:
        settings = load_settings()
        KeyRing(settings.keys, SystemClock(), settings.public_url).prepare(make=False)
        async with runtime.database.transaction() as tx:
            made = CredentialKeys(settings.keys, SystemClock()).rotate()
            by = f"tbg credentials ({getpass.getuser()})"
            action = "credentials.rotate"
            await audit(tx, actor_id=None, actor=by, action=action, subject=made.kid)
            return made

    made = once(add)
    seconds = int(limits.KEY_SETTLES.total_seconds())
    typer.echo(f"{made.kid} is published now and signs in {seconds} s, in every process")


@app.command()
def revoke(
    credential: Annotated[str, typer.Argument(help="Its id: the last part of its URL.")],
) -> None:
    """Revoke a credential for good. The audit log records it."""

    async def take(runtime: process.Runtime) -> None:
        async with runtime.database.transaction(owners="shared") as tx:
            try:
                await actions.revoke(tx, credential, why="operator")
            except NotFound:
                raise CannotRun(f"there is no credential {credential} that is valid") from None
            by = f"tbg credentials ({getpass.getuser()})"
            action = "credentials.revoke"
            await audit(tx, actor_id=None, actor=by, action=action, subject=credential)

    once(take)
    typer.echo(f"{credential} is revoked")
