"""Handles, names and settings, without a database."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from tbg.adapters.simulator import address
from tbg.core import limits
from tbg.core.errors import BadArguments
from tbg.core.settings import Network, load_settings
from tbg.domains.accounts.rules import (
    COUNTRIES,
    Purpose,
    device_of,
    handle_key,
    merged_settings,
    message_to_sign,
    name_of,
    shown_address,
    tidy,
    why_no_handle,
)
from tests.conftest import NOW

NETWORKS: list[Network] = ["mainnet", "testnet", "signet", "regtest"]
LONGEST_HOST = "g" * (limits.PUBLIC_HOST_CHARS - 6) + ":65535"


@pytest.mark.parametrize(
    "handle", ["alice", "Bob-42", "x_y_z", "a1b", "Baker" * 4, "bcliff", "tbilisi", "abc1q", "bch"]
)
def test_handles_that_one_may_have(handle: str) -> None:
    assert why_no_handle(handle) is None


@pytest.mark.parametrize(
    "handle",
    ["", "ab", "a" * 25, "-abc", "abc-", "a--b", "a b c", "аlice", "ali\u200bce", "a.b", "a/b",
     "admin", "Adm1n", "ADMlN",
     "admin1", "pool-admin", "our_0ps", "tbg-5upport2", "st4ff", "4dm1n", "ckpool", "the-mod",
     "sys-op",
     "sat0shi", "Satoshi_Nakamoto", "me", "null", "root", "r00t",
     "aclmin", "rniner", "bc1qar0srrr7xfkvy5l643lydn", "1BvBMSEYstWetqTFn5Au4m4GF", "BC1Q7K3D",
     "bclq7k3d", "bcIP-7k3d", "b-c1q7k3d", "tb1-alice", "bcrt1xyz", "TBIQ9",
     "mipcBbFg9gMiCh81Kj8tqq", "2mzqwss6d8vtr2y9g1b7u4", "n3a1b2c3d4e5f6g7h8j9k"],
)  # fmt: skip
def test_reserved_or_malformed_handles_are_refused(handle: str) -> None:
    assert why_no_handle(handle)


@pytest.mark.parametrize(
    ("one", "other"),
    [("clara", "cIara"), ("clara", "c1ara"), ("oracle", "orac1e"), ("oracle", "0RACLE"),
     ("r_nax", "max"), ("rmx", "rrnx"), ("vvvfan", "vwfan"), ("wvfan", "vwfan"), ("v-vim", "wim"),
     ("dave", "clave"), ("dave", "c1ave"), ("lu1gi", "lvigi"), ("5team", "stearn"), ("zoe", "2oe"),
     ("gina", "9ina"), ("Alice", "alice"), ("al1ce", "alice"), ("AlIce", "alice"),
     ("b0b_7", "bob7"), ("rnax", "max"), ("vvim", "wim"), ("s0lo-miner", "solo_m1ner"),
     ("8ob", "bob")],
)  # fmt: skip
def test_handles_that_look_alike_share_a_key(one: str, other: str) -> None:
    assert handle_key(one) == handle_key(other)


def test_different_handles_stay_different() -> None:
    handles = [
        "alice",
        "alina",
        "bob",
        "bobby",
        "carol",
        "dave",
        "erin",
        "frank",
        "mallory",
        "anna",
        "ama",
        "jane",
        "ian",
        "lane",
        "rig6",
        "rig8",
        "elena",
        "3lena",
        "tilda",
        "7ilda",
        "hannah",
        "emma",
        "quinn",
        "guinn",
    ]
    assert len({handle_key(handle) for handle in handles}) == len(handles)


def test_an_address_is_shown_as_its_owner_wants() -> None:
    address = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    assert shown_address(address, "whole") == address
    assert shown_address(address, "short") == "bc1q…f3t4"
    assert shown_address(address, "hidden") is None


def test_text_keeps_no_invisible_characters() -> None:
    assert tidy("  a\u202eb\u200b\x00c\nd ") == "abc\nd"
    assert tidy("\u200b\u2066") == ""


@pytest.mark.parametrize(
    ("given", "kept"),
    [("  Al \t X ", "Al X"), ("a\u2028b", "a b"), ("Zo\u0065\u0301", "Zo\u00e9"),
     ("\u2764\ufe0f rig", "\u2764\ufe0f rig"),
     ("\U0001f469\u200d\U0001f680", "\U0001f469\u200d\U0001f680"),
     ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
     ("\u0645\u06cc\u200c\u06a9\u0646\u0645", "\u0645\u06cc\u200c\u06a9\u0646\u0645"),
     ("abc1q", "abc1q"), ("Rig 1 of 3", "Rig 1 of 3"),
     ("\u0421\u043e\u043d\u044f", "\u0421\u043e\u043d\u044f")],
)  # fmt: skip
def test_names_of_every_spelling_are_kept(given: str, kept: str) -> None:
    assert name_of(given) == kept


@pytest.mark.parametrize(
    "name",
    ["", " \n", "a\u200bb", "a\u200db", "a\u200cb", "\u202eevil", "\u2066x", "x\x00", "x\u00ad",
     "\u3164", "\uffa0x", "\u115fx", "\u1160x", "x\ufe0f", "x\U000e0041", "\u2800", "x\u034f",
     "x\u17b4y", "\ufeffx", "x\ue000", "bc1q...7k3d", "tb1qabc", "BCRT1Q", "pay bc1pxyz",
     "\uff42\uff43\uff11q", "\u0432\u04411q7k3d", "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
     "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"],
)  # fmt: skip
def test_unsafe_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"visible|address"):
        name_of(name)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_message_is_one_that_any_wallet_takes(network: Network) -> None:
    """A Coldcard takes 2 to 240 printable characters, and no blanks at the ends or in a row."""
    addresses = {address("longest", index, network=network) for index in range(1_000, 1_008)}
    lengths = set()
    messages = set()
    for one, other, purpose in product(addresses, addresses, get_args(Purpose)):
        message = message_to_sign(
            address=one, domain=LONGEST_HOST, network=network, nonce="n" * 22, issued=NOW,
            minutes=5, purpose=purpose, other=other,
        )  # fmt: skip
        assert message.isascii()
        assert message.isprintable()
        assert " ".join(message.split()) == message
        # Whoever comes in or goes is there whole: the account that it is about is known anyway.
        assert f" {other if purpose in ('let_in', 'unlink') else one}" in message
        lengths.add(len(message))
        messages.add((message, purpose))
    assert len({message for message, _ in messages}) == len(messages)  # no two purposes are one
    assert 2 <= min(lengths) <= max(lengths) <= 240
    assert network != "regtest" or max(lengths) > 235  # the bound is not met by being far off


@pytest.mark.parametrize(
    "host", [LONGEST_HOST, "127.0.0.1:8000", "[::1]:8000", "xn--bcher-kva.example", "Game.example"]
)
def test_a_host_that_messages_can_hold(host: str) -> None:
    assert load_settings(public_url=f"https://{host}").public_url == f"https://{host}"


@pytest.mark.parametrize(
    ("url", "why"),
    [(f"https://g{LONGEST_HOST}", "have 41 characters, but at most 40"),
     ("https://bücher.example", "in ASCII"), ("https://me:secret@game.example", "must be https"),
     ("https://", "must be https"), ("game.example", "must be https"),
     ("https://a b.example", "must be https")],
)  # fmt: skip
def test_a_host_that_messages_cannot_hold_is_refused_at_the_start(url: str, why: str) -> None:
    with pytest.raises(BadArguments, match=why) as refused:
        load_settings(public_url=url)
    assert "secret" not in str(refused.value)


def test_settings_are_laid_over_each_other_at_any_depth() -> None:
    kept = {"units": {"hashrate": "TH/s", "clock": "12h"}, "theme": "day"}
    change = {"units": {"clock": "24h"}, "notifications": {"levels": False}}
    assert merged_settings(kept, change) == {
        "units": {"hashrate": "TH/s", "clock": "24h"},
        "theme": "day",
        "notifications": {"levels": False},
    }
    assert kept["units"] == {"hashrate": "TH/s", "clock": "12h"}


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
         "Chrome on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1",
         "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0",
         "Firefox on Windows"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown device"),
    ],
)  # fmt: skip
def test_devices_are_known_by_a_few_words(agent: str, device: str) -> None:
    assert device_of(agent) == device


def test_the_countries_are_those_that_the_web_app_offers() -> None:
    web = Path(__file__).parents[3] / "web" / "src" / "account" / "countries.ts"
    assert set(re.findall(r"\b[A-Z]{2}\b", web.read_text())) == COUNTRIES
    assert len(COUNTRIES) == 249
