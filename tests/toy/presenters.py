"""How a bell looks: frame, notification and feed line."""

from __future__ import annotations

from tbg.core.frames import FeedItem, Look, Notice, Params, Presenters
from tests.toy.events import BellRung
from tests.toy.schemas import BellRungData


def _bell_rung(event: BellRung) -> Look:
    title = f"Bell {event.number}"
    number: Params = {"number": event.number}
    line = FeedItem(
        id=f"bell-{event.number}", type="bell_rung", code="bell_rung", params=number, title=title,
        at=event.at,
    )  # fmt: skip
    return Look(
        frame=BellRungData(number=event.number),
        notice=Notice(
            "toy", "bell_rung", title, "It was heard far away.", "/bells", "View Bells", number
        ),
        lines=(line,),
        pool_line=line,
    )


PRESENTERS: Presenters = {BellRung: _bell_rung}
