"""The domain's tables: where each is when there are several database nodes, and which of their
columns refer to users.
"""

from __future__ import annotations

from tbg.core.personal import Personal, UserColumn
from tbg.core.tables import Distributed, Tables

TABLES: Tables = {"bells": Distributed()}

PERSONAL: Personal = {
    "bells": {"user_id": UserColumn(merge="moved", erase="removed", export="bells")},
}
