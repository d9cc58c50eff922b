"""Simulated addresses are real ones: right network, all types, and the first ones can sign."""

from __future__ import annotations

from collections import Counter

import pytest
from btclib.script.script_pub_key import ScriptPubKey, type_and_payload
from btclib_wallet import bip322

from lab.shares import bench_addresses
from tbg.adapters import bitcoin
from tbg.adapters.simulator import KEYED, address, demo_key

NETWORKS = ("mainnet", "testnet", "signet", "regtest")
SAMPLE = [*range(16), *range(KEYED, KEYED + 40), 1_000_000_007]


def script_type(text: str) -> str:
    return type_and_payload(ScriptPubKey.from_address(text).script)[0]


@pytest.mark.parametrize("network", NETWORKS)
def test_valid_on_their_network_and_on_no_other_kind(network: str) -> None:
    other = "testnet" if network == "mainnet" else "mainnet"
    for index in SAMPLE:
        text = address("valid", index, network=network)
        assert bitcoin.normalise(text, network) == text
        with pytest.raises(bitcoin.AddressRefused):
            bitcoin.normalise(text, other)


@pytest.mark.parametrize("network", NETWORKS)
def test_all_types_occur(network: str) -> None:
    types = Counter(script_type(address("types", index, network=network)) for index in SAMPLE)
    assert set(types) == {"p2wpkh", "p2tr", "p2pkh", "p2sh", "p2wsh"}


@pytest.mark.parametrize("network", NETWORKS)
def test_keys_sign_for_their_address(network: str) -> None:
    for index in range(4):
        miner = demo_key("sign", index, network=network)
        assert miner.address == address("sign", index, network=network)
        signature = bip322.sign(b"hello", miner.key, miner.address)
        assert bip322.verify(b"hello", miner.address, signature)
        assert not bip322.verify(b"goodbye", miner.address, signature)
    kinds = [demo_key("sign", index).kind for index in range(8)]
    assert kinds == ["p2wpkh", "p2tr", "p2pkh", "p2sh-p2wpkh"] * 2


def test_keys_are_the_same_each_time_differ_by_miner_and_end_somewhere() -> None:
    assert demo_key("a", 3) == demo_key("a", 3)
    secrets = {demo_key(seed, index).key.q for seed in "ab" for index in range(20)}
    assert len(secrets) == 40
    for index in (-1, KEYED):
        with pytest.raises(IndexError, match="keys"):
            demo_key("a", index)


def test_bench_addresses_are_valid_and_distinct() -> None:
    found = bench_addresses(500, network="regtest")
    assert len(set(found)) == 500
    assert all(bitcoin.normalise(text, "regtest") == text for text in found)
