"""`tbg admin`: the operators of this pool, and the audit log."""

from __future__ import annotations

import getpass
from typing import Annotated

import orjson
import typer

from tbg.adapters import bitcoin
from tbg.app import process
from tbg.app.cli.common import once, tell
from tbg.core.errors import CannotRun, NeedsPerson
from tbg.core.principal import Role
from tbg.domains.accounts import queries
from tbg.domains.accounts.actions import audit as audit_log
from tbg.domains.accounts.actions.api_keys import revoke_all_keys
from tbg.domains.accounts.actions.profile import grant_role
from tbg.domains.accounts.actions.sessions import end_all_sessions

app = typer.Typer(no_args_is_help=True, help="Who runs this pool, and what was done.")


@app.callback()
def group() -> None:
    """The operators of this pool, and the audit log."""


@app.command()
def grant(
    who: Annotated[str, typer.Argument(help="A player: handle or address.")],
    role: Annotated[Role, typer.Argument(help="`user` removes every role.")] = "admin",
) -> None:
    """Give a player a role, from their next request on. The audit log records it."""

    async def give(runtime: process.Runtime) -> str:
        try:
            name = bitcoin.normalise(who, runtime.settings.network)
        except bitcoin.AddressRefused:
            name = who
        async with runtime.database.transaction(owners="shared") as tx:
            found = await queries.miner(tx, name, anybody=True)
            if found is None:
                raise CannotRun(f"there is no user {who}: they must mine or sign in first")
            before = await grant_role(tx, user_id=found.id, role=role)
            await audit_log.audit(
                tx,
                actor_id=None,
                actor=f"tbg admin ({getpass.getuser()})",
                action="role.grant",
                subject=f"user:{found.id}",
                details={"before": before, "after": role},
            )
        return f"{found.handle or found.address}: {before} → {role}"

    typer.echo(once(give))


@app.command()
def roles() -> None:
    """List all users with a role."""

    async def read(runtime: process.Runtime) -> list[str]:
        async with runtime.database.transaction() as tx:
            rows = await queries.with_roles(tx)
            addresses = await queries.addresses(tx, [row.id for row in rows])
        return [f"{row.role:10} {row.handle or addresses[row.id][0]}" for row in rows]

    for line in once(read) or ["nobody yet: `tbg admin grant ADDRESS`"]:
        typer.echo(line)


@app.command("end-sessions")
def end_sessions(
    api_keys: Annotated[bool, typer.Option("--api-keys", help="Revoke all API keys too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Sign everybody out, as after restoring a backup. The audit log records it."""

    async def end(runtime: process.Runtime) -> dict[str, int]:
        async with runtime.database.transaction() as tx:
            ended = await end_all_sessions(tx)
            revoked = await revoke_all_keys(tx) if api_keys else 0
            left = await queries.count_api_keys(tx)
            counts = {"sessions_ended": ended, "api_keys_revoked": revoked}
            await audit_log.audit(
                tx,
                actor_id=None,
                actor=f"tbg admin ({getpass.getuser()})",
                action="sessions.end",
                subject="everybody",
                details=counts,
            )
        return counts | {"api_keys_left": left}

    sentence = "{sessions_ended} sessions ended, {api_keys_revoked} API keys revoked"
    more = "; {api_keys_left} API keys still work (--api-keys revokes them)" * (not api_keys)
    tell(once(end), sentence + more, as_json=as_json)


@app.command()
def audit(
    last: Annotated[int, typer.Option(min=1, max=10_000, help="How many entries.")] = 20,
    verify: Annotated[bool, typer.Option("--verify", help="Check all entries.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Show the audit log, newest first; with --verify, exit 3 if an entry was changed or lost."""

    async def read(runtime: process.Runtime) -> tuple[list[audit_log.AuditEntry], str | None, int]:
        async with runtime.database.transaction() as tx:
            fault = await audit_log.first_fault(tx) if verify else None
            return await audit_log.latest(tx, most=last), fault, await audit_log.unsealed(tx)

    entries, fault, unsealed = once(read)
    if not entries and not as_json:
        typer.echo("The audit log is empty: nobody has signed in, and nothing was changed.")
    for entry in entries:
        if as_json:
            typer.echo(orjson.dumps(entry._asdict()).decode())
        else:
            details = orjson.dumps(entry.details).decode() if entry.details else ""
            at = entry.at.isoformat(timespec="seconds")
            typer.echo(f"{entry.id:>6} {at} {entry.action} {entry.subject} by {entry.by} {details}")
    if fault is not None:
        raise NeedsPerson(f"something other than the game changed the audit log: {fault}")
    if verify:
        wait = f"; {unsealed} are waiting to be sealed, which the worker does every minute"
        typer.echo(
            f"every sealed entry is unchanged, and none is missing{wait if unsealed else ''}"
        )
