"""The domain's tables: where each is when there are several database nodes, and which of their
columns refer to users.
"""

from __future__ import annotations

from tbg.core.personal import Personal, UserColumn
from tbg.core.tables import Local, Tables

TABLES: Tables = {
    "credentials": Local("found by an id that must not say whose it is; few ask for one"),
    "credential_revocations": Local("one list for the whole pool, without users"),
}

PERSONAL: Personal = {
    "credentials": {
        "user_id": UserColumn(merge="moved", erase="removed", export="credentials"),
    },
}
