"""`tbg rewards`: checks the game's books, and sends notifications of rewards again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
import typer

from tbg.adapters.broadcast import Broadcast
from tbg.app import process, screen, verifier
from tbg.app.cli.common import once
from tbg.core import outbox
from tbg.core.errors import BadArguments, CannotRun, NeedsPerson
from tbg.core.event import PlayerEvent
from tbg.core.frames import FrameData, Look
from tbg.core.tx import Tx
from tbg.domains.accounts import queries as accounts
from tbg.domains.gamification.actions.verify import repair as repair_derived
from tbg.domains.gamification.events import (
    BadgeEarned,
    FreezeEarned,
    FreezeUsed,
    LevelUp,
    PersonalBest,
    SilentRewards,
    StreakBroken,
    StreakExpiring,
    StreakExtended,
)
from tbg.domains.gamification.presenters import PRESENTERS
from tbg.domains.realtime.reactions import own_data, send

app = typer.Typer(no_args_is_help=True, help="Check the game's books, and tell of rewards again.")

_LISTED = 50
_TO = ("socket",)
"""Where notifications can be sent."""


@app.callback()
def group() -> None:
    """Check the game's books, and tell of rewards again."""


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


@app.command()
def replay(
    event_id: str | None = typer.Argument(None, help="The event; without, the latest are listed."),
    sample: str | None = typer.Option(
        None, "--sample", help="Instead of an event: a sample notification of this type."
    ),
    to: str = typer.Option("socket", "--to", help=f"Where to: {', '.join(_TO)}."),
    user: str | None = typer.Option(None, "--user", help="Who gets a sample: a handle or address."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only print what would be sent."),
    as_json: bool = typer.Option(False, "--json", help="Print the payload as JSON, and no more."),
) -> None:
    """Send a reward's notification to its player again, or a sample.

    Events are kept for a week. A sample is a notification alone: it changes no figure on a page.
    """
    if to not in _TO:
        raise BadArguments(f"nothing can be sent to {to} yet, only to: {', '.join(_TO)}")
    if event_id is None and sample is None:
        _list()
        return
    if event_id is not None and sample is not None:
        raise BadArguments("name an event or give --sample, not both")
    if sample is not None and user is None and not dry_run:
        raise BadArguments("say with --user who gets the sample, or add --dry-run")
    payload = once(lambda runtime: _replay(runtime, event_id, sample, user, send_it=not dry_run))
    if as_json:
        typer.echo(orjson.dumps(payload).decode())
        return
    for frame in payload:
        typer.echo(orjson.dumps(frame, option=orjson.OPT_INDENT_2).decode())
    typer.echo(f"{len(payload)} {'would be sent' if dry_run else 'sent'} to {to}")


def _list() -> None:
    async def main(runtime: process.Runtime) -> list[outbox.Message]:
        types = [event.__name__ for event in PRESENTERS]
        async with runtime.database.transaction() as tx:
            return await outbox.latest(tx, types, most=_LISTED)

    messages = once(main)
    if not messages:
        typer.echo("No rewards in the last week.")
        return
    rows = [(str(m.event_id), m.type, str(m.payload["user_id"])) for m in messages]
    screen.table(("event", "type", "user"), rows)


async def _replay(
    runtime: process.Runtime,
    event_id: str | None,
    sample: str | None,
    user: str | None,
    *,
    send_it: bool,
) -> list[dict[str, Any]]:
    """Send the frames of an event or a sample, or only look at them; the frames."""
    async with runtime.database.transaction(owners="shared") as tx:
        if event_id is not None:
            event = await _announced(tx, event_id)
            user_id, look = event.user_id, PRESENTERS[type(event)](event)
            if not await accounts.addresses(tx, [user_id]):
                raise CannotRun(f"user {user_id} has left or became part of another account")
        else:
            look = Look(notice=_sample(sample or ""))
            user_id = await _found(tx, user) if user is not None else 0
        frames = own_data(look, at=tx.now)
        if send_it:
            await send(tx, [(user_id, data) for data in frames])
    if send_it:
        await Broadcast(runtime.redis).publish(tx.shown, now=tx.now)
    return [_payload(data) for data in frames]


async def _announced(tx: Tx, event_id: str) -> PlayerEvent:
    try:
        wanted = UUID(event_id)
    except ValueError:
        raise BadArguments(f"{event_id} is not the id of an event") from None
    message = await outbox.find(tx, wanted)
    if message is None:
        raise CannotRun(f"there is no event {event_id}: events are kept for a week")
    event = outbox.decode(message)
    if type(event) not in PRESENTERS or not isinstance(event, PlayerEvent):
        raise BadArguments(f"the event {event_id} ({message.type}) is no reward")
    return event


async def _found(tx: Tx, user: str) -> int:
    found = await accounts.miner(tx, user, anybody=True)
    if found is None:
        raise CannotRun(f"there is no user called {user}")
    return found.id


def _payload(data: FrameData) -> dict[str, Any]:
    return {"channel": data.CHANNEL, "type": data.TYPE, "data": data.model_dump(mode="json")}


def _sample(name: str) -> Any:
    notices = {notice.subtype: notice for notice in map(_notice_of, SAMPLES)}
    if name not in notices:
        raise BadArguments(f"there is no sample {name}: it is one of {', '.join(notices)}")
    return notices[name]


def _notice_of(event: PlayerEvent) -> Any:
    notice = PRESENTERS[type(event)](event).notice
    assert notice is not None
    return notice


_AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
SAMPLES: tuple[PlayerEvent, ...] = (
    BadgeEarned(
        user_id=0, slug="first_share", name="First Hash", category="mining", rarity="common",
        description="Submit your first accepted share", xp_reward=50, earned_at=_AT, metadata={},
    ),
    LevelUp(user_id=0, old_level=1, new_level=2, title="Curious Cat", total_xp=100, at=_AT),
    PersonalBest(user_id=0, sdiff=2e9, previous=1e9, worker="bitaxe", at=_AT),
    StreakExtended(user_id=0, week_iso="2026-W09", streak=8, longest=8),
    StreakExpiring(user_id=0, streak=8, week_iso="2026-W10", week_end=date(2026, 3, 8)),
    StreakBroken(user_id=0, was=8, longest=8, last_active_week="2026-W09"),
    FreezeEarned(user_id=0, week_iso="2026-W09", held=1),
    FreezeUsed(
        user_id=0, week_iso="2026-W09", streak=8, longest=8, start=None,
        last_active_week="2026-W08", left=0, on=True,
    ),
    SilentRewards(user_id=0, badges=3, xp=250),
)  # fmt: skip
"""An event for each type of notification that rewards have."""
