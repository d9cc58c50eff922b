"""What the public pages refuse."""

from __future__ import annotations

from tbg.core.errors import Invalid


class NotAnAddress(Invalid):
    """What stands where an address should is none of this network."""

    code = "not_an_address"
    title = "Not an address"
