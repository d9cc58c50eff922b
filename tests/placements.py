"""Where tables are declared to be, collected from core and from every domain."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from tbg.core import tables as core
from tbg.core.tables import Placement

DOMAINS = Path(__file__).parents[1] / "src" / "tbg" / "domains"


def declared() -> dict[str, Placement]:
    """Every declared table and where it is; a table that is declared twice is an error."""
    found: dict[str, Placement] = {}
    for tables in (core.TABLES, *(module.TABLES for module in _modules())):
        if twice := sorted(found.keys() & tables.keys()):
            raise ValueError(f"declared twice: {', '.join(twice)}")
        found |= tables
    return found


def declared_views() -> dict[str, Placement]:
    """Every declared view, which statements read like a table."""
    return {
        view: place for module in _modules() for view, place in getattr(module, "VIEWS", {}).items()
    }


def _modules() -> list[ModuleType]:
    names = sorted(path.parent.name for path in DOMAINS.glob("*/tables.py"))
    return [import_module(f"tbg.domains.{name}.tables") for name in names]
