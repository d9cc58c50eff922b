"""How much memory and disk a running game takes: `make footprint` (Linux).

Memory is the proportional set size of `tbg up` and everything below it: what processes share is
counted once.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from tbg.core.running import running_in

ROOT = Path(__file__).parents[1]


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    below = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended in the meantime
            continue
        below[int(rest[1])].append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += below[one]
    return found


def memory_mib(pid: int) -> float:
    """The memory of a process and its descendants."""
    total = 0
    for one in family(pid):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def disk_mib(place: Path) -> float:
    """What a folder's files take on the disk."""
    files = (file for file in place.rglob("*") if file.is_file() and not file.is_symlink())
    return sum(file.lstat().st_blocks * 512 for file in files) / 1024**2


def main() -> None:
    """Print it, or say that nothing runs."""
    game = running_in(Path(sys.argv[1] if len(sys.argv) > 1 else ".tbg"))
    if game is None:
        sys.exit("footprint: no game runs there: name its folder, make footprint DATA=…")
    print(f"memory            {memory_mib(game.pid):7.0f} MiB")
    print(f"data              {disk_mib(game.root):7.0f} MiB  ({game.root})")
    for name in (".venv", "web/node_modules", "web/dist"):
        print(f"{name:<17} {disk_mib(ROOT / name):7.0f} MiB")


if __name__ == "__main__":
    main()
