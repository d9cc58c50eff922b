"""Who reacts to what: collected from the records of the domains.

A reaction is handed all events of its kind that are delivered together, and runs in the
transaction that marks them as sent.
"""

from __future__ import annotations

from tbg.app.domains import DOMAINS, handlers_of
from tbg.core.domain import Handler as Reaction
from tbg.core.event import Event

__all__ = ["SWITCHBOARD", "Reaction"]

SWITCHBOARD: dict[type[Event], tuple[Reaction, ...]] = handlers_of(DOMAINS)
