"""The server's tiles are the web app's, which draws them here in its own code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tbg.adapters.pictures.tile import tile_of
from tbg.adapters.simulator import address

ROOT = Path(__file__).parents[3]

ODD = ["", " ", "satoshi", "Ünïcödé", "🔥", "4711", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"]


def test_a_tile_for_any_seed_is_what_the_web_app_draws() -> None:
    seeds = [*ODD, *(address("tiles", index) for index in range(400))]
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "bootstrap.py", "npm", "run", "--silent", "tiles"],
        input="\n".join(json.dumps(seed) for seed in seeds),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(theirs) == len(seeds)
    for seed, tile in zip(seeds, theirs, strict=True):
        ours = tile_of(seed)
        drawn = {"ground": ours.ground, "layers": [layer._asdict() for layer in ours.layers]}
        assert drawn == tile, seed


def test_tiles_of_many_addresses_are_hardly_ever_alike() -> None:
    assert len({tile_of(address("tiles", index)) for index in range(400)}) == 400
