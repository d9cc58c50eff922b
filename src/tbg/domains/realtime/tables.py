"""The domain's tables: where each is when there are several database nodes, and which of their
columns refer to users.
"""

from __future__ import annotations

from tbg.core.personal import NotExported, Personal, UserColumn, not_users
from tbg.core.tables import Distributed, Tables

TABLES: Tables = {"frames": Distributed(), "frame_counters": Distributed()}

PERSONAL: Personal = {
    "frames": {
        "user_id": UserColumn(merge="removed", erase="removed", export="frames"),
        **not_users("id"),
    },
    "frame_counters": {
        "user_id": UserColumn(
            merge="removed", erase="removed", export=NotExported("the number of the last frame")
        ),
        **not_users("last_id"),
    },
}
