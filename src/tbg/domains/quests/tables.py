"""The domain's tables: where each is when there are several database nodes, and which of their
columns refer to users.
"""

from __future__ import annotations

from tbg.core.personal import NotExported, Personal, UserColumn, facts_of_a_user
from tbg.core.tables import Distributed, Reference, Tables

TABLES: Tables = {
    "quest_definitions": Reference("slug"),
    "quest_completions": Distributed(),
    "quest_waiting": Distributed(),
}

PERSONAL: Personal = {
    "quest_completions": facts_of_a_user("quests"),
    "quest_waiting": {
        "user_id": UserColumn(
            merge="moved", erase="removed", export=NotExported("evaluated seconds later")
        ),
    },
}
