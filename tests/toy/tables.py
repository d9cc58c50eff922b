"""Where each of the domain's tables is when there are several database nodes."""

from __future__ import annotations

from tbg.core.tables import Distributed, Tables

TABLES: Tables = {"bells": Distributed()}
