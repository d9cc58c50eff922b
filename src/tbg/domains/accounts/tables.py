"""The domain's tables: where each is when there are several database nodes, and which of their
columns refer to users.
"""

from __future__ import annotations

from tbg.core.personal import NotExported, Personal, UserColumn, not_users
from tbg.core.tables import Distributed, Local, Reference, Tables

TABLES: Tables = {
    "users": Reference("id"),
    "user_addresses": Reference("address"),
    "sessions": Distributed(),
    "refresh_tokens": Distributed(),
    "api_keys": Distributed(),
    "account_activity": Distributed(),
    "idempotency_keys": Distributed(),
    "auth_challenges": Local("requested by people who are not known yet; deleted within minutes"),
    "resting_handles": Local("handles are unique over the whole pool"),
    "audit_log": Local("sealed as a whole"),
    "audit_seals": Local("one chain of hashes"),
    "audit_unsealed": Local("the entries of audit_log that are not sealed yet"),
}

_SHORT_LIVED = NotExported("lives for minutes")

PERSONAL: Personal = {
    "users": {
        "id": UserColumn(merge="kept", erase="kept", export="profile"),
        "merged_into": UserColumn(
            merge="moved", erase="kept", export=NotExported("says only which accounts are one")
        ),
    },
    "user_addresses": {
        "user_id": UserColumn(merge="moved", erase="removed", export="addresses"),
    },
    "sessions": {"user_id": UserColumn(merge="kept", erase="removed", export="sessions")},
    "refresh_tokens": {
        "user_id": UserColumn(
            merge="kept", erase="removed", export=NotExported("digests of secrets")
        ),
    },
    "api_keys": {"user_id": UserColumn(merge="kept", erase="removed", export="api_keys")},
    "account_activity": {
        "user_id": UserColumn(merge="kept", erase="removed", export="activity"),
        **not_users("id"),
    },
    "idempotency_keys": {
        "user_id": UserColumn(merge="removed", erase="removed", export=_SHORT_LIVED),
    },
    "auth_challenges": {
        "for_user": UserColumn(merge="removed", erase="removed", export=_SHORT_LIVED),
    },
    "resting_handles": {
        "former_id": UserColumn(
            merge="moved", erase="removed", export=NotExported("digests of names, for a month")
        ),
    },
    "audit_log": {
        "actor_id": UserColumn(merge="kept", erase="kept", export="audit_log"),
        **not_users("id"),
    },
    "audit_seals": not_users("id", "entries"),
    "audit_unsealed": not_users("id"),
}
