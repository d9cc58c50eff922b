"""`tbg rewards`: checks the game's books."""

from __future__ import annotations

import orjson
import typer

from tbg.app import process, verifier
from tbg.app.cli.common import once
from tbg.core.errors import NeedsPerson
from tbg.domains.gamification.actions.verify import repair as repair_derived

app = typer.Typer(no_args_is_help=True, help="Check the game's books.")


@app.callback()
def group() -> None:
    """Check the game's books."""


@app.command()
def verify(
    repair: bool = typer.Option(False, "--repair", help="Calculate totals and streaks again."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object on stdout."),
) -> None:
    """Compare ledger, totals, badges, calendars, rollups and raw shares of all users.

    Exit 3 if something disagrees (after the repair, if you asked for one).
    """

    async def look(runtime: process.Runtime) -> tuple[verifier.Verification, int]:
        repaired = await repair_derived(runtime.database) if repair else 0
        return await verifier.verify(runtime.database), repaired

    verdict, repaired = once(look)
    if as_json:
        typer.echo(orjson.dumps(_as_json(verdict, repaired)).decode())
    else:
        for name, check in verdict.checks.items():
            typer.echo(_line(name, check))
        typer.echo(
            f"{verdict.users:,} users, {verdict.shares:,} shares, {verdict.ledger_rows:,} ledger "
            f"rows: {verdict.mismatches:,} mismatches"
            + (f", {repaired:,} repaired" if repair else "")
        )
    if verdict.mismatches:
        failed = ", ".join(name for name, check in verdict.checks.items() if check.mismatches)
        what = (
            "look at these users"
            if repair
            else "look at these users, or run this again with --repair"
        )
        raise NeedsPerson(f"{verdict.mismatches:,} mismatches in {failed}: {what}")


def _as_json(verdict: verifier.Verification, repaired: int) -> dict[str, object]:
    return {
        "users": verdict.users,
        "shares": verdict.shares,
        "ledger_rows": verdict.ledger_rows,
        "ledger_bytes_per_row": round(verdict.ledger_bytes / max(1, verdict.ledger_rows)),
        "mismatches": verdict.mismatches,
        "repaired": repaired,
        "checks": {name: check._asdict() for name, check in verdict.checks.items()},
    }


def _line(name: str, check: verifier.CheckResult) -> str:
    users = f" (users {', '.join(map(str, check.users))})" if check.users else ""
    return f"{name:<16} {check.rows:>12,} rows {check.mismatches:>8,} mismatches{users}"
