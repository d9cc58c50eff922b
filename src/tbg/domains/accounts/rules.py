"""Handles, messages to sign, names shown, settings and their defaults. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

HANDLE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|[_-](?=[A-Za-z0-9])){2,23}")

RESERVED = frozenset(
    """
    about account accounts admin administrator anonymous anyone api app assets auth badge badges
    bitcoin bitcoingame block blocks blog bot config contact default deleted demo docs everyone faq
    feed game games health help hidden home host info jobs leaderboard leaderboards legal levels
    login logout mail me merged metrics miner miners mining moderator news nobody null official
    operator pool pools privacy profile public robots root satoshi satoshinakamoto security
    service session settings share shares sign signin signout sitemap staff stats status support
    system tbg team terms test thebitcoingame undefined unknown user users version wallet webmaster
    welcome worldcup www you
    """.split()  # noqa: SIM905 - eighty words read better without quotes
)

COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()  # noqa: SIM905 - as above
)
"""The codes of ISO 3166-1 alpha-2 that are assigned."""

# What a hurried eye takes for the same: handles are ASCII, so these few are all there are.
_LOOKALIKES = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SAME = str.maketrans({"0": "o", "1": "l", "i": "l", "j": "l", "5": "s", "8": "b", "2": "z",
                       "u": "v", "_": None, "-": None})  # fmt: skip
_ADDRESS_LIKE = re.compile(r"(?:bc1|tb1|bcrt1|[13mn2])[a-z0-9]{20,}", re.IGNORECASE)


def handle_key(handle: str) -> str:
    """What two handles have in common that look alike: `Sat0shi_1` and `satoshil`."""
    key = handle.casefold()
    for pair, single in _LOOKALIKES:
        key = key.replace(pair, single)
    return key.translate(_SAME)


_RESERVED_KEYS = frozenset(handle_key(word) for word in RESERVED)


def why_no_handle(handle: str) -> str | None:
    """Why nobody may be called this, as a sentence; None when one may."""
    if not HANDLE.fullmatch(handle):
        return (
            "A handle has 3 to 24 letters, digits, - or _ of plain ASCII; "
            "it begins and ends with a letter or digit."
        )
    if _ADDRESS_LIKE.fullmatch(handle):
        return "A handle may not look like an address."
    if handle_key(handle) in _RESERVED_KEYS:
        return "This name is reserved, or looks like one that is."
    return None


def shown_address(address: str, how: str) -> str | None:
    """An address as its owner wants it shown: whole, `bc1q…7k3d`, or None when hidden."""
    if how == "whole":
        return address
    return None if how == "hidden" else short_address(address)


def tile_seed(user_id: int, address: str, handle: str | None, how: str) -> str:
    """What a tile is drawn from: the address, unless that would give away what is hidden."""
    return address if how == "whole" else handle or str(user_id)


def short_address(address: str) -> str:
    """The first four characters and the last four."""
    return f"{address[:4]}…{address[-4:]}"


def message_to_sign(
    *, address: str, domain: str, network: str, nonce: str, issued: datetime, minutes: int,
    account: str | None,
) -> str:  # fmt: skip
    """What a wallet shows its owner before he signs: EIP-4361's facts in one line of ASCII.

    `account`: the address of the account that `address` is to be linked to; None to sign in.
    """
    # The same words whether it has a game or not: who does not hold its key yet is not told.
    purpose = (
        f"sign in as {address}"
        if account is None
        else f"link {address} and its game to {account[:9]}...{account[-9:]}"
    )
    return (
        f"{domain}: {purpose}. Free, moves no coins. "
        f"{network}, {issued:%Y-%m-%dT%H:%M:%SZ} +{minutes} min, nonce {nonce}"
    )


_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
             ("Safari", "Safari"), ("curl", "curl"), ("python-httpx", "Python"))  # fmt: skip
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
            ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


def device_of(agent: str) -> str:
    """A few words for a person to know a device by, of a `User-Agent`."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown device"


def tidy(text: str) -> str:
    """Free text without what cannot be seen: control and direction characters, outer blanks."""
    kept = "".join(
        c for c in unicodedata.normalize("NFC", text)
        if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cn", "Cs"}
    )  # fmt: skip
    return kept.strip()


def merged_settings(kept: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with a change laid over them, at any depth; lists are replaced whole."""
    result = dict(kept)
    for name, value in change.items():
        before = result.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            result[name] = merged_settings(before, value)
        else:
            result[name] = value
    return result


EndedWhy = Literal[
    "signed out",
    "signed out everywhere",
    "ended by the player",
    "refresh token reused",
    "too many sessions",
    "address unlinked",
    "merged",
    "expired",
]
"""Why a session is over, as it is stored; one that expired has nothing stored."""

_ENDINGS: dict[EndedWhy, str] = {
    "signed out": "You signed out of this session.",
    "signed out everywhere": "You signed out everywhere, from another device.",
    "ended by the player": "You ended this session from another device.",
    "refresh token reused": "This session was in use in two places, as if somebody had copied it: "
    "it was ended in both.",
    "too many sessions": "You signed in on many devices, and the one unused longest was let go.",
    "address unlinked": "The address you had signed in with was unlinked from your account.",
    "merged": "The account became part of another one, and you with it.",
    "expired": "A session ends after 30 days, and this one had.",
}


def told_ending(why: EndedWhy | None) -> str:
    """Why somebody has to sign in again, to himself; None: nobody knows of the session."""
    ending = "The session has ended." if why is None else _ENDINGS[why]
    return f"{ending} Sign in again."
