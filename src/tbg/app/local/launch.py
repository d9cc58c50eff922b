"""Becomes another program: as the right user, and ended when its parent ends.

Run by its path with the standard library only: `python -I -S launch.py PARENT SIGNAL AS ARGV…`
PARENT: process id that must still be our parent. SIGNAL: what the program gets when that parent
dies, however it dies (Linux). AS: `same`, `namespace` (root here, an ordinary user to itself) or
`UID:GID`. Exit 125: the program could not be started as asked.
"""

from __future__ import annotations

import ctypes
import os
import sys

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_NOBODY_ELSE = 1000  # any id but 0 does: it only has to look like an ordinary user from inside


def enter_namespace() -> None:
    """Stay the same user for the kernel, but see ourselves as uid 1000 (OSError if not allowed)."""
    uid, gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "no user namespace allowed here")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{_NOBODY_ELSE} {uid} 1"),
        ("gid_map", f"{_NOBODY_ELSE} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123 - quick
            file.write(text)


def become(user: str) -> None:
    """Take on the user that AS names (see above)."""
    if user == "namespace":
        enter_namespace()
    elif user != "same":
        uid, gid = map(int, user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def die_with(parent: int, death_signal: int) -> None:
    """Ask the kernel for `death_signal` when `parent` ends; it may already have."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(125)


def main(arguments: list[str]) -> None:
    """Become the program, or print why not and exit 125."""
    parent, death_signal, user, *argv = arguments
    try:
        become(user)  # before die_with: a change of user forgets the death signal
        die_with(int(parent), int(death_signal))
        if argv:
            os.execv(argv[0], argv)  # noqa: S606 - no shell: that is the point
    except OSError as error:
        print(f"{argv[0] if argv else 'launch'}: {error}", file=sys.stderr)
        sys.exit(125)


if __name__ == "__main__":
    main(sys.argv[1:])
