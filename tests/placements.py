"""Where tables are declared to be, collected from core and from every domain."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tbg.core import tables as core
from tbg.core.tables import Placement

DOMAINS = Path(__file__).parents[1] / "src" / "tbg" / "domains"


def declared() -> dict[str, Placement]:
    """Every declared table and where it is; a table that is declared twice is an error."""
    found: dict[str, Placement] = {}
    for tables in (core.TABLES, *_of_domains()):
        if twice := sorted(found.keys() & tables.keys()):
            raise ValueError(f"declared twice: {', '.join(twice)}")
        found |= tables
    return found


def _of_domains() -> list[dict[str, Placement]]:
    names = sorted(path.parent.name for path in DOMAINS.glob("*/tables.py"))
    return [import_module(f"tbg.domains.{name}.tables").TABLES for name in names]
