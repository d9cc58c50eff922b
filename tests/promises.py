"""What the repository promises of every domain, and what one of them lacks."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

from fastapi import APIRouter

from tbg.core.domain import Domain
from tbg.core.event import Event, PlayerEvent
from tbg.core.frames import FrameData, RewardData
from tbg.core.tables import Distributed

ROOT = Path(__file__).parents[1]
_IN_NO_RECORD = {"LookAgainData"}  # between processes alone


def documents() -> str:
    """All documents, one after the other."""
    return "\n".join(path.read_text() for path in sorted((ROOT / "docs").rglob("*.md")))


def broken_promises(domain: Domain, *, package: str, text: str) -> list[str]:
    """What this domain lacks, each with what to do. `text`: the documents."""
    return [
        f"{domain.name}: {lack}"
        for check in (_personal_data, _events, _frames, _jobs, _routes)
        for lack in check(domain, package, text)
    ]


def _module(package: str, name: str) -> ModuleType | None:
    """A module of the domain, if it has it."""
    try:
        return import_module(f"{package}.{name}")
    except ModuleNotFoundError:
        return None


def _classes(package: str, module: str, base: type) -> list[type]:
    """The classes of a kind that a module of the domain defines."""
    found = _module(package, module)
    own = [] if found is None else [kind for _, kind in inspect.getmembers(found, inspect.isclass)]
    return [kind for kind in own if issubclass(kind, base) and kind.__module__.startswith(package)]


def _personal_data(domain: Domain, package: str, _text: str) -> Iterator[str]:
    tables = getattr(_module(package, "tables"), "TABLES", {})
    users = sorted(name for name, place in tables.items() if isinstance(place, Distributed))
    for duty in ("merge", "erase", "export"):
        if users and getattr(domain, duty) is None:
            yield f"it keeps facts about users ({', '.join(users)}): give its record `{duty}`"
    for table in sorted(set(users) - domain.personal.keys()):
        yield f"say in `personal` of its record what merge, erasure and export do with {table}"


def _events(domain: Domain, package: str, text: str) -> Iterator[str]:
    for kind in _classes(package, "events", Event):
        if kind not in domain.presenters:
            yield f"give {kind.__name__} a presenter, or nobody sees it"
        if f"`{kind.__name__}`" not in text:
            yield f"name {kind.__name__} in the events of docs/HOUSE.md"
        if "user_id" in kind.model_fields and not issubclass(kind, PlayerEvent):  # type: ignore[attr-defined]
            yield f"{kind.__name__} is about a user: make it a PlayerEvent"


def _frames(domain: Domain, package: str, text: str) -> Iterator[str]:
    for kind in _classes(package, "schemas", FrameData):
        if kind in (FrameData, RewardData) or kind.__name__ in _IN_NO_RECORD:
            continue
        if kind not in domain.frames:
            yield f"put {kind.__name__} into `frames` of its record, or no document has it"
        if f"`{kind.TYPE}`" not in text:  # type: ignore[attr-defined]
            yield f"name the frame {kind.TYPE} in docs/API.md"  # type: ignore[attr-defined]


def _jobs(domain: Domain, package: str, text: str) -> Iterator[str]:
    jobs = getattr(_module(package, "jobs"), "JOBS", ())
    if set(jobs) - set(domain.jobs):
        yield "put its JOBS into `jobs` of its record, or no worker runs them"


def _routes(domain: Domain, package: str, text: str) -> Iterator[str]:
    router = getattr(_module(package, "routes"), "router", None)
    if not isinstance(router, APIRouter):
        return  # the routes of realtime are the WebSocket
    if domain.router is None:
        yield f'give its record `router="{package}.routes:router"`'
    for path in sorted({getattr(route, "path", "") for route in router.routes}):
        if path not in text:
            yield f"describe {path} in docs/API.md"
