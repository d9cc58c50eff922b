"""Earned badges as signed documents that other programs can check, and their revocation."""

from tbg.core.domain import Domain
from tbg.domains.credentials.actions import erase, export, merge
from tbg.domains.credentials.tables import PERSONAL

DOMAIN = Domain(
    name="credentials",
    router="tbg.domains.credentials.routes:router",
    personal=PERSONAL,
    merge=merge,
    erase=erase,
    export=export,
)
