"""A Chromium for the browser tests: the machine's, else Debian's, else Playwright's.

`browser.py` prints the path of one, installing it if necessary; tests call `find`. Standard
library.
The headless shell comes first: without windows it takes three quarters of the work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
    "google-chrome-stable", "chrome",
)  # fmt: skip
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
MENDS = (
    "no browser for the browser tests: run `apt-get install chromium-headless-shell` as root, "
    "or `.venv/bin/python -m playwright install --only-shell chromium`"
)


def find() -> str | None:
    """The path of a Chromium that starts, or None."""
    candidates = [shutil.which(name) for name in NAMES] + [MAC, *_of_playwright()]
    return next((path for path in candidates if path and _starts(path)), None)


def _of_playwright() -> list[str]:
    default = Path.home() / ".cache" / "ms-playwright"
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", default))
    shells = sorted(map(str, cache.glob("chromium_headless_shell-*/chrome-*/*shell")), reverse=True)
    return shells + sorted(map(str, cache.glob("chromium-*/chrome-linux*/chrome")), reverse=True)


def _starts(path: str) -> bool:
    try:  # a distribution's stub that only says "install the snap" fails here
        return (
            subprocess.run(
                [path, "--version"], capture_output=True, timeout=30, check=False
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def install() -> None:
    """Try Debian's package where we may, then Playwright's own download."""
    if os.getuid() == 0 and shutil.which("apt-get"):
        env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        apt = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        subprocess.run([*apt, "update"], env=env, stdout=sys.stderr, check=False)
        for package in ("chromium-headless-shell", "chromium"):  # Ubuntu has neither
            words = [*apt, "install", "-y", "--no-install-recommends", package]
            subprocess.run(words, env=env, stdout=sys.stderr, check=False)
            if find():
                return
    words = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    subprocess.run(words, stdout=sys.stderr, check=False)


def main() -> int:
    """Print a browser's path (0), or say how to get one (1)."""
    path = find()
    if path is None:
        print("setup: installing a browser for the browser tests", file=sys.stderr)
        install()
        path = find()
    if path is None:
        print(f"setup: {MENDS}", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
