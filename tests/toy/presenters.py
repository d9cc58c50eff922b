"""How a bell looks: frame, notification and feed line."""

from __future__ import annotations

from tbg.core.frames import FeedItem, Look, Notice, Presenters
from tests.toy.events import BellRung
from tests.toy.schemas import BellRungData


def _bell_rung(event: BellRung) -> Look:
    title = f"Bell {event.number}"
    line = FeedItem(id=f"bell-{event.number}", type="bell_rung", title=title, at=event.at)
    return Look(
        frame=BellRungData(number=event.number),
        notice=Notice("bell_rung", title, "It was heard far away.", "/bells", "View Bells"),
        lines=(line,),
        pool_line=line,
    )


PRESENTERS: Presenters = {BellRung: _bell_rung}
