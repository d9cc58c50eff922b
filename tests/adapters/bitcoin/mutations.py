"""Signatures damaged in every way we could think of; nothing the second verifier refuses passes.

`python -m tests.adapters.bitcoin.mutations 1000000 [SEED]` prints how many were tried, accepted,
and accepted wrongly, with each of those that were.
"""

from __future__ import annotations

import base64
import contextlib
import json
import struct
import sys
import time
from random import Random

from tbg.adapters.bitcoin.signatures import SignatureRefused, prove
from tests.adapters.bitcoin import second
from tests.wallets import KINDS, signatures, wallet

MESSAGE = "pool.example wants you to sign in.\nNonce: 6f1d"
NETWORKS = ("mainnet", "testnet", "signet", "regtest")

Case = tuple[str, str, str]
"""Address, message, signature."""


def seeds() -> list[Case]:
    """Good signatures of each type, by several keys on several networks."""
    found = []
    for index in range(len(NETWORKS) * len(KINDS)):
        one = wallet("mutations", index, network=NETWORKS[index // len(KINDS)])
        found += [(one.address, MESSAGE, signature) for signature in signatures(one, MESSAGE)]
    return found


def _bytes(text: str) -> tuple[str, bytearray]:
    prefix = text[:3] if text[:3] in ("smp", "ful", "pof") else ""
    return prefix, bytearray(base64.b64decode(text[len(prefix) :]))


def mutate(case: Case, others: list[Case], random: Random) -> Case:
    """One case, damaged."""
    address, message, text = case
    prefix, data = _bytes(text)
    at = random.randrange(len(data))
    match random.randrange(11):
        case 0:
            data[at] ^= 1 << random.randrange(8)
        case 1:
            data[at] = random.randrange(256)
        case 2:
            del data[at : at + random.randint(1, 8)]
        case 3:
            data[at:at] = random.randbytes(random.randint(1, 8))
        case 4:
            data = data[:at]
        case 5:  # the signature of somebody else, or of another type
            prefix, data = _bytes(random.choice(others)[2])
        case 6:
            prefix = random.choice(("smp", "ful", "pof", "", "foo"))
        case 7:
            cut = random.randrange(len(message))
            message = message[:cut] + chr(random.randrange(32, 0x2FF)) + message[cut + 1 :]
        case 8:
            address = random.choice(others)[0]
        case 9:  # BIP-137's flag is the first byte
            data[0] = random.randrange(256)
        case 10:  # not base64 any more, or not the canonical one
            text = prefix + base64.b64encode(data).decode()
            cut = random.randrange(len(text))
            damage = random.choice(("", "=", " ", "\n", "\x00", "é", "-", "A"))
            return address, message, text[:cut] + damage + text[cut + random.randrange(2) :]
    return address, message, prefix + base64.b64encode(bytes(data)).decode()


def run(count: int, seed: int) -> tuple[int, list[Case]]:
    """Try so many; how many were accepted, and those that should not have been."""
    random, good = Random(seed), seeds()
    accepted, wrong = 0, []
    for _ in range(count):
        case = mutate(random.choice(good), good, random)
        if random.random() < 0.2:
            with contextlib.suppress(ValueError):  # nothing is left to damage
                case = mutate(case, good, random)
        try:
            prove(*case)
        except SignatureRefused:
            continue
        accepted += 1
        try:
            second.verify(case[0], case[1], case[2].strip())
        except (second.Refused, ValueError, struct.error, IndexError):
            wrong.append(case)
    return accepted, wrong


def main() -> int:
    """Print the counts as JSON; 1 when something was accepted wrongly."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 2**32
    accepted, wrong = run(count, seed)
    found = {"tried": count, "seed": seed, "accepted": accepted, "accepted_wrongly": len(wrong)}
    print(json.dumps(found))
    for case in wrong[:20]:
        print(case)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
