"""Where each of the domain's tables is when there are several database nodes."""

from __future__ import annotations

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
