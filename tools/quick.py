"""Runs the tests that a change touches: `make quick`.

Changed is what differs from the branch this one left (BASE=… names another commit), committed or
not. A changed module touches the tests in the folder that mirrors its own, and those whose imports
reach it, nearest first. Imports through `tbg.app` do not count unless `tbg.app` is what changed:
the application imports everything, and would lead every test to every module. So a selection is
quick and no proof; `make test` is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
SECONDS = 35
"""A test is not begun later than this; with what comes before and after it, that is a minute."""

PACKAGES = ("tbg", "lab", "tests")
HUB = "tbg.app"
SLOW = (
    "tests/e2e/",
    "tests/faults/test_harness.py",
    "tests/bench/test_bench.py",
    "tests/app/test_local_up.py",
)
"""Tests that take a minute on their own."""

PICTURES = "src/gallery/looks.dom.test.tsx"

FILES = {
    "migrations/": "tests/core/test_schema.py tests/app/test_database_roles.py tests/repository",
    "src/tbg/registry/": "tests/registry tests/domains/gamification/test_triggers.py",
    "tests/fixtures/": "tests/adapters",
    "docs/example-pack.json": "tests/registry",
    "docs/": "tests/repository",
    "deploy/": "tests/repository",
    "web/openapi.json": "tests/app/test_api_schema.py",
    "README.md": "tests/repository",
    "CONTRIBUTING.md": "tests/repository",
    "Makefile": "tests/repository",
    "pyproject.toml": "tests/repository",
    "tools/": "tests/repository",
}
"""Files that no module imports → their tests; the first match counts."""


DECLARED = {
    "routes": ("tests/app/test_who_may.py",),
    "tables": ("tests/app/test_personal.py", "tests/repository/test_tables.py"),
    "actions/lifecycle": ("tests/app/test_personal.py",),
}
"""Modules of a domain → tests that reach them only through `tbg.app`."""


@dataclass(slots=True)
class Selection:
    """Test files, nearest to the change first, each with why; and what was thought of besides."""

    tests: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    web: bool = False

    def add(self, path: str, why: str) -> None:
        """Select a file, or note that it is left out."""
        into = self.left_out if path.startswith(SLOW) else self.tests
        into.setdefault(path, why)


def git(*words: str) -> list[str]:
    """The lines of an answer of git; none where it has none."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def base() -> str:
    """The commit to compare with: where this branch left the one it will go back to."""
    if named := os.environ.get("BASE"):
        return named
    for branch in ("@{upstream}", "origin/HEAD", "origin/main", "main", "master"):
        if found := git("merge-base", "HEAD", branch):
            return found[0]
    return "HEAD"


def changed(since: str) -> list[str]:
    """Changed files, including new ones."""
    files = git("diff", "--name-only", since)
    return sorted({*files, *git("ls-files", "--others", "--exclude-standard")})


def select(files: Iterable[str], graph: grimp.ImportGraph) -> Selection:
    """The tests that these files touch."""
    chosen = Selection()
    near: list[tuple[int, str, str]] = []
    for file in files:
        module = module_of(file)
        if file.startswith("web/") and file != "web/openapi.json":
            chosen.web = True
        elif module in graph.modules:
            near += [(0, path, f"mirrors {file}") for path in mirrored(file)]
            near += [(1, path, f"knows what {file} declares") for path in of_all_domains(file)]
            near += importers(module, graph)
        else:
            near += [(0, path, f"is about {file}") for path in about(file)]
    for _, path, why in sorted(near):
        chosen.add(path, why)
    return chosen


def module_of(file: str) -> str:
    """The module that a file is; a name of none when it is no module of ours."""
    if not file.endswith(".py"):
        return ""
    return file.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def mirrored(file: str) -> Iterator[str]:
    """The tests in the nearest folder of tests that bears the folders' names of a source file."""
    if not file.startswith(("src/tbg/", "lab/")):
        return
    parts = Path(file.removeprefix("src/")).parent.parts[1:]
    if parts[:1] == ("app",):
        stem = Path(file).stem if len(parts) == 1 else parts[1]
        yield from found(f"tests/app/test_{stem}*.py")
        return
    # A domain without tests has none in the others' folders.
    above = 1 if parts[:1] == ("domains",) else 0
    while parts[above:]:
        folder = "/".join(parts)
        if (ROOT / "tests" / folder).is_dir():
            yield from found(f"tests/{folder}/**/test_*.py")
            return
        parts = parts[:-1]
    yield from found(f"tests/{Path(file).parent.name}/test_{Path(file).stem}*.py")


def of_all_domains(file: str) -> Iterator[str]:
    """The tests that hold each route and each table of every domain to what is declared of it."""
    for part, tests in DECLARED.items():
        if re.match(rf"src/tbg/domains/\w+/{part}\b", file):
            yield from tests


def found(pattern: str) -> Iterator[str]:
    """Files by a pattern."""
    for path in sorted(ROOT.glob(pattern)):
        yield str(path.relative_to(ROOT))


def importers(module: str, graph: grimp.ImportGraph) -> Iterator[tuple[int, str, str]]:
    """Test files whose imports reach a module, and after how many steps."""
    if is_test(module):
        yield 0, path_of(module), "is changed"
        return
    steps, waiting = {module: 0}, deque([module])
    while waiting:
        reached = waiting.popleft()
        for importer in graph.find_modules_that_directly_import(reached):
            through_hub = importer.startswith(HUB) and not module.startswith(HUB)
            if importer in steps or through_hub:
                continue
            steps[importer] = steps[reached] + 1
            waiting.append(importer)
            if is_test(importer):
                way = "imports" if steps[importer] == 1 else f"in {steps[importer]} steps imports"
                yield steps[importer], path_of(importer), f"{way} {module}"


def is_test(module: str) -> bool:
    """Whether it is a module of tests."""
    return module.rpartition(".")[2].startswith("test_")


def path_of(module: str) -> str:
    """The file of a module of tests."""
    return module.replace(".", "/") + ".py"


def about(file: str) -> Iterator[str]:
    """The tests of a file that nothing imports."""
    for start, tests in FILES.items():
        if file.startswith(start):
            for place in tests.split():
                yield from [place] if place.endswith(".py") else found(f"{place}/**/test_*.py")
            return


def main() -> int:
    """Say what is selected and why, and run it; arguments are pytest's."""
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]
    since = base()
    files = changed(since)
    graph = grimp.build_graph(
        "tbg", "lab", "tests", exclude_type_checking_imports=True, cache_dir=None
    )
    chosen = select(files, graph)
    print(f"{len(files)} files differ from {since[:12]}")
    for path, why in chosen.tests.items():
        print(f"  {path}  {why}")
    for path, why in chosen.left_out.items():
        print(f"  left to `make test`: {path}  {why}")
    if any(file.startswith("tests/") and file.endswith("conftest.py") for file in files):
        print("  a conftest.py concerns more tests than import it: `make test` runs them")
    sys.stdout.flush()
    code, begun = 0, time.monotonic()
    if chosen.web:
        print("  the web app's own tests  web/ is changed", flush=True)
        words = [sys.executable, "tools/bootstrap.py", "npm", "run", "--silent", "test"]
        words += ["--", "--exclude", PICTURES]
        print(f"  left to `make test`: web/{PICTURES}  compares pictures", flush=True)
        code = subprocess.run(words, cwd=ROOT, check=False).returncode
    if chosen.tests:
        left = max(SECONDS - int(time.monotonic() - begun), 0)
        words = [sys.executable, "-m", "pytest", f"--begin-within={left}", *sys.argv[1:]]
        code = subprocess.run([*words, *chosen.tests], cwd=ROOT, check=False).returncode or code
    elif not chosen.web:
        print("  no test is touched")
    return code


if __name__ == "__main__":
    sys.exit(main())
