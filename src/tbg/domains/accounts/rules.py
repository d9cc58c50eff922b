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
    about account accounts anonymous anyone api app assets auth badge badges
    bitcoin bitcoingame block blocks blog bot ckpool config contact default deleted demo docs
    everyone faq
    feed game games health help hidden home host info jobs leaderboard leaderboards legal levels
    login logout mail me merged metrics miner miners mining news nobody null
    pool pools privacy profile public robots root satoshi satoshinakamoto
    sender service session settings share shares sign signin signout sitemap stats status
    system tbg team terms test thebitcoingame undefined unknown user users version wallet webmaster
    welcome worldcup www you
    """.split()  # noqa: SIM905 - so many words read better without quotes
)

STAFF = frozenset({
    "admin", "admins", "administrator", "administrators", "mod", "moderator", "moderators", "mods",
    "official", "operator", "owner", "ops", "security", "staff", "support", "sysadmin", "sysop",
})  # fmt: skip
"""Words with which a name would imitate the operators of the pool."""

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

# What a hurried eye takes for the same, over lower-cased ASCII. Left out, because honest names
# would block each other: 6/b (rig6, rig8), nn/m (Anna, Ama), j/i (Jane, Ian), and digits that are
# read as letters but do not look like them (3/e, 4/a, 7/t).
_SAME = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "8": "b", "2": "z", "9": "g",
                       "u": "v", "_": None, "-": None})  # fmt: skip
_PAIRS = (("m", "rn"), ("w", "vv"), ("d", "cl"))
_READ_AS = str.maketrans("3478", "eatb")
"""Digits that are read as letters in a word of staff: `st4ff`."""

_SEPARATORS = str.maketrans("", "", "_-")
_WORDS = re.compile(r"[^\s_.-]+")

# The forms of an address on every network, in any case, whole or cut short, as whoever wants to
# pass for one would write them: `bc1q…7k3d`, `BCIQ7K3D`, the beginning of one in base58.
_BECH32 = re.compile(r"(?:bc|tb|bcrt)(?:1|[il][qp])", re.IGNORECASE)
_BASE58 = re.compile(r"[13mn2][a-z0-9]{20,}", re.IGNORECASE)
_IN_A_NAME = re.compile(
    r"(?<![a-z0-9])(?:(?:bc|tb|bcrt)1[a-z0-9]|[13mn2][1-9a-z]{24,34}(?![a-z0-9]))",
    re.IGNORECASE,
)


def handle_key(handle: str) -> str:
    """What two handles have in common that look alike: `Sat0shi_1` and `satoshil`.

    Single characters first: else `cl` is replaced in `clara` and not in `c1ara`. Each pair is
    opened before it is closed, so that `vvv`, `vw` and `wv` are one.
    """
    key = handle.casefold().translate(_SAME)
    for narrow, wide in _PAIRS:
        key = key.replace(narrow, wide).replace(wide, narrow)
    return key


_RESERVED_KEYS = frozenset(handle_key(word) for word in RESERVED | STAFF)
_STAFF_KEYS = frozenset(handle_key(word) for word in STAFF)


def passes_for_staff(name: str) -> bool:
    """Whether a word of a name suggests that its owner speaks for the pool: `pool-admin2`."""
    words = _WORDS.findall(_plain(name))
    if all(len(word) == 1 for word in words):
        words = ["".join(words)]  # `A d m i n`
    return any(
        handle_key(form) in _STAFF_KEYS
        for word in words
        for begin in (word, word.rstrip("0123456789"))
        for form in (begin, begin.translate(_READ_AS))
    )


def why_no_handle(handle: str) -> str | None:
    """Why this handle is not allowed, as a sentence; None if it is."""
    if not HANDLE.fullmatch(handle):
        return (
            "A handle has 3 to 24 ASCII letters, digits, - or _, and begins and ends with a "
            "letter or digit."
        )
    letters = handle.translate(_SEPARATORS)
    if _BECH32.match(letters) or _BASE58.fullmatch(letters):
        return "A handle may not look like an address."
    if handle_key(handle) in _RESERVED_KEYS or passes_for_staff(handle):
        return "This name is reserved, or looks like one that is."
    return None


def shown_address(address: str, how: str) -> str | None:
    """An address as its owner wants it shown: whole, `bc1q…7k3d`, or None when hidden."""
    if how == "whole":
        return address
    return None if how == "hidden" else short_address(address)


def tile_seed(user_id: int, address: str, handle: str | None, how: str) -> str:
    """The seed of a tile: the address, unless that would reveal what is hidden."""
    return address if how == "whole" else handle or str(user_id)


def short_address(address: str) -> str:
    """The first four characters and the last four."""
    return f"{address[:4]}…{address[-4:]}"


Purpose = Literal["sign_in", "link", "let_in", "unlink", "delete_account", "make_service_key"]
"""The purpose of a signed message; the message states it and is valid for nothing else."""

APPROVALS: frozenset[Purpose] = frozenset(
    {"let_in", "unlink", "delete_account", "make_service_key"}
)
"""Actions that need a fresh signature by an address of the account: those that would outlast the
session that requests them."""


def message_to_sign(
    *, address: str, domain: str, network: str, nonce: str, issued: datetime, minutes: int,
    purpose: Purpose, other: str = "",
) -> str:  # fmt: skip
    """What a wallet shows its owner before they sign: EIP-4361's facts in one line of ASCII.

    `other`: the account's address when `address` is to be linked, else the address that is to be
    let in or taken out.
    """
    # The same words whether it has a game or not, so that nobody without its key can find out.
    match purpose:
        case "sign_in":
            what = f"sign in as {address}"
        case "link":
            what = f"link {address} and its game to {_ends(other)}"
        case "let_in":
            what = f"let {other} sign in to {_ends(address)}"
        case "unlink":
            what = f"remove {other} from account {_ends(address)}"
        case "delete_account":
            what = f"delete the account of {address}"
        case "make_service_key":
            what = f"create a service key for {address}"
    return (
        f"{domain}: {what}. Free, moves no coins. "
        f"{network}, {issued:%Y-%m-%dT%H:%M:%SZ} +{minutes} min, nonce {nonce}"
    )


def _ends(address: str) -> str:
    """The first and last nine characters; nobody can find another key that matches them."""
    return f"{address[:9]}...{address[-9:]}"


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


# Unicode's letters, marks and symbols that show nothing: Hangul fillers, joiners, Khmer and
# Mongolian marks, variation selectors, a blank of braille, and a note without a head.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"
    "\ufe00-\ufe0f\U0001d159\U000e0100-\U000e01ef]"
)
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})
# What is hidden and belongs there: the style of a picture and of a key's cap, the joint of two
# pictures that are one, and the joints that Arabic and Indic spelling needs.
_PICTURE = "\u2600-\u27bf\U0001f300-\U0001faff"
_NEEDED = re.compile(
    "(?<=[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff])[\ufe0e\ufe0f]"
    "|(?<=[0-9#*])\ufe0f(?=\u20e3)"
    f"|(?<=[\ufe0f{_PICTURE}])\u200d(?=[{_PICTURE}])"
    "|(?<=[\u0600-\u0dff])[\u200c\u200d](?=[\u0600-\u0dff])"
)
# Letters of other alphabets that are drawn as Latin ones.
_DRAWN_ALIKE = str.maketrans(
    "\u0432\u0441\u0442\u0440\u0455\u03c1\u03c4\u044c\u0456\u04cf\u0430\u0435\u043e\u03bf\u03b1",
    "bctpsptb11aeooa",
)


def tidy(text: str) -> str:
    """Free text without what cannot be seen: control and direction characters, outer blanks."""
    kept = "".join(c for c in unicodedata.normalize("NFC", text) if c == "\n" or not _hidden(c))
    return kept.strip()


def name_of(text: str) -> str:
    """A name that a player chooses, for themselves or a key; ValueError says what is wrong."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise ValueError("use a name with visible characters")
    if any(_hidden(c) for c in _NEEDED.sub("", name)):
        raise ValueError("it contains an invisible character: type it by hand")
    if _IN_A_NAME.search(_plain(name)):
        raise ValueError("a name may not look like a Bitcoin address")
    return name


def _plain(name: str) -> str:
    """A name in the letters that it seems to be written in."""
    return unicodedata.normalize("NFKC", name).casefold().translate(_DRAWN_ALIKE)


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN or bool(_BLANK.match(char))


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


Activity = Literal[
    "session.begin",
    "session.end",
    "session.end_all",
    "session.reuse",
    "address.link",
    "address.unlink",
    "api_key.make",
    "api_key.revoke",
    "handle.change",
    "privacy.change",
    "account.export",
    "account.delete",
    "account.restore",
]
"""Actions on an account, as the audit log names them."""

TOLD_AT_ONCE: frozenset[Activity] = frozenset({
    "session.reuse", "address.link", "address.unlink", "api_key.make", "handle.change",
    "privacy.change", "account.export", "account.delete", "account.restore",
})  # fmt: skip
"""Actions that the owner is notified of: if it was not them, somebody has their session."""

EndedWhy = Literal[
    "signed out",
    "signed out everywhere",
    "ended by the player",
    "refresh token reused",
    "too many sessions",
    "address unlinked",
    "merged",
    "ended by the pool",
    "expired",
]
"""Why a session is over, as it is stored; one that expired has nothing stored."""

_ENDINGS: dict[EndedWhy, str] = {
    "signed out": "You signed out of this session.",
    "signed out everywhere": "You signed out everywhere, from another device.",
    "ended by the player": "You ended this session from another device.",
    "refresh token reused": "This session was used in two places, as if somebody had copied it, "
    "so it was ended in both.",
    "too many sessions": "You signed in on many devices, so the session unused for longest was "
    "ended.",
    "address unlinked": "The address that you signed in with was removed from your account.",
    "merged": "The account was merged into another one.",
    "ended by the pool": "The pool has ended all sessions, as after restoring a backup.",
    "expired": "A session ends after 30 days.",
}


def told_ending(why: EndedWhy | None) -> str:
    """Why the user has to sign in again; None: the session is unknown."""
    ending = "The session has ended." if why is None else _ENDINGS[why]
    return f"{ending} Sign in again."
