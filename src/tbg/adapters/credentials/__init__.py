"""Credentials as other programs read them: signed documents, the list of revocations, pictures."""

from tbg.adapters.credentials.baking import baked_png, baked_svg
from tbg.adapters.credentials.issuing import Issuer
from tbg.adapters.credentials.keyfiles import CredentialKey, CredentialKeys
from tbg.adapters.credentials.proof import signed, stamp, why_not_signed
from tbg.adapters.credentials.status import LIST_LENGTH, encoded_list

__all__ = [
    "LIST_LENGTH",
    "CredentialKey",
    "CredentialKeys",
    "Issuer",
    "baked_png",
    "baked_svg",
    "encoded_list",
    "signed",
    "stamp",
    "why_not_signed",
]
