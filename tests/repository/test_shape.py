"""Rules of the repository that no linter knows."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tbg.app.domains import DOMAINS, handlers_of
from tbg.app.worker import JOBS
from tbg.core.domain import Domain
from tbg.core.event import Event
from tbg.core.settings import Settings
from tests.promises import broken_promises, documents

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("src/tbg", "lab") for path in (ROOT / folder).rglob("*.py"))
LONGEST_FUNCTION = 70
LONGEST_FILE = 450
FORBIDDEN_FILES = {"utils.py", "helpers.py", "misc.py", "service.py", "services.py", "manager.py"}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_functions_are_short() -> None:
    long = [
        f"{_name(path)}:{node.name} {node.end_lineno - node.lineno + 1}"
        for path in SOURCES
        for node in _functions(path)
        if node.end_lineno and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


ROUTE = re.compile(r"\.(get|post|put|patch|delete)$")


def test_route_handlers_only_parse_and_answer() -> None:
    """At most 15 lines of code each: parse, one action or query, answer."""
    lines = {}
    for path in SOURCES:
        for node in _functions(path):
            calls = [d.func for d in node.decorator_list if isinstance(d, ast.Call)]
            if any(ROUTE.search(ast.unparse(call)) for call in calls):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                last = body[-1].end_lineno or 0
                lines[f"{_name(path)}:{node.name}"] = last - body[0].lineno + 1
    assert len(lines) > 30
    assert {name: count for name, count in lines.items() if count > 15} == {}


def test_files_are_short() -> None:
    long = [_name(path) for path in SOURCES if len(path.read_text().splitlines()) > LONGEST_FILE]
    assert long == []


def test_no_file_has_a_meaningless_name() -> None:
    assert [_name(path) for path in SOURCES if path.name in FORBIDDEN_FILES] == []


def test_no_class_is_a_service_manager_or_repository() -> None:
    found = [
        f"{_name(path)}:{node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        and re.search(r"(Service|Manager|Repository|Helper|Util)$", node.name)
    ]
    assert found == []


# The clock that is handed in, and the one place where ids take the time: see core/event.py.
_CLOCKS = {"src/tbg/core/clock.py"}


def test_only_the_clock_module_reads_the_system_time() -> None:
    found = []
    for path in SOURCES:
        if _name(path) in _CLOCKS:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _ASKING.search(ast.unparse(node.func)):
                found.append(f"{_name(path)}:{node.lineno}")
            if isinstance(node, ast.Constant) and _asks_in_sql(node.value):
                found.append(f"{_name(path)}:{node.lineno}")
    assert found == []


def _asks_in_sql(text: object) -> bool:
    return isinstance(text, str) and bool(_SQL.search(text) and _SQL_NOW.search(text))


_ASKING = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today)$")
_SQL_NOW = re.compile(r"\b(now\(\)|CURRENT_(DATE|TIMESTAMP))", re.IGNORECASE)


def _is_prose(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


_SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|TRUNCATE|ALTER|CREATE|DROP)\b")
# Names of databases, partitions and roles cannot be bound as values. Each file here builds such
# a statement from names of its own making, and quotes them.
_NAMES_IN_SQL = {
    "src/tbg/domains/mining/actions/partitions.py",
    "src/tbg/app/local/postgres.py",
    "src/tbg/app/local/servers.py",
    "lab/",
}


def test_no_statement_is_built_from_strings() -> None:
    found = []
    for path in SOURCES:
        if _name(path).startswith(tuple(_NAMES_IN_SQL)):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr) and _inserts_values(node):
                text = "".join(str(v.value) for v in node.values if isinstance(v, ast.Constant))
                if _SQL.search(text):
                    found.append(f"{_name(path)}:{node.lineno}")
    assert found == []


def _inserts_values(string: ast.JoinedStr) -> bool:
    """Whether anything but a constant of the module (in capitals) is put into the string."""
    inserted = [v.value for v in string.values if isinstance(v, ast.FormattedValue)]
    return not all(isinstance(v, ast.Name) and v.id.isupper() for v in inserted)


def test_no_domain_reads_the_state_of_the_application() -> None:
    """What a route needs of it, a type in its signature says (`adapters/http.py`)."""
    found = [
        f"{_name(path)}:{node.lineno}"
        for path in sorted((ROOT / "src/tbg/domains").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in ("state", "app")
        and isinstance(node.value, ast.Name | ast.Attribute)
        and ast.unparse(node).endswith((".app", ".app.state", "request.state"))
    ]
    assert found == []


def test_no_action_locks_the_owners() -> None:
    """That is declared where a transaction begins: `transaction(owners=…)`."""
    found = [
        f"{_name(path)}:{node.lineno}"
        for path in SOURCES
        if path != ROOT / "src/tbg/core/owners.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and re.search(r"LOCK TABLE\s+(\w+\.)?user_addresses", str(node.value))
    ]
    assert found == []


def test_every_limit_has_a_reason() -> None:
    trees = [ast.parse(path.read_text()) for path in SOURCES if path.name.endswith("limits.py")]
    assert len(trees) >= 2
    bare = [
        node.targets[0].id  # type: ignore[attr-defined]
        for tree in trees
        for node, after in zip(tree.body, [*tree.body[1:], None], strict=True)
        if isinstance(node, ast.Assign) and not (after is not None and _is_prose(after))
    ]
    assert bare == []


def test_every_test_can_fail() -> None:
    empty = [
        f"{_name(path)}:{node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in _functions(path)
        if node.name.startswith("test_")
        and not any(
            isinstance(n, ast.Assert | ast.With | ast.AsyncWith | ast.Call)
            for statement in node.body
            for n in ast.walk(statement)
        )
    ]
    assert empty == []


def test_no_test_is_imported_from_another() -> None:
    """What tests share is in modules of its own: a module of tests is nobody's helper."""
    found = [
        f"{_name(path)}: {module}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for module in _imported(path.read_text())
        if module.rpartition(".")[2].startswith("test_")
    ]
    assert found == []
    assert _imported("from tests.app import test_api") == ["tests.app", "tests.app.test_api"]
    module = "tests.app.test_api"
    assert _imported(f"X = 'from {module} import problem'") == [module]


def _imported(code: str) -> list[str]:
    """Modules that a file imports, or has another Python import by a line in a string."""
    found: list[str] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += re.findall(r"^\s*(?:from|import) (tests\.[\w.]+)", node.value, re.MULTILINE)
    return found


def test_every_setting_is_documented() -> None:
    text = documents()
    missing = [n for n in Settings.model_fields if f"TBG_{n.upper()}" not in text]
    assert missing == [], "add them to 'Settings' in docs/OPERATING.md"


def test_every_metric_is_documented() -> None:
    names = {
        name
        for path in SOURCES
        for name in re.findall(r'(?:Counter|Gauge|Histogram)\(\s*"(tbg_\w+)"', path.read_text())
    }
    text = documents()
    assert names
    missing = sorted(name for name in names if name not in text)
    assert missing == [], "add them to docs/OPERATING.md"


def test_every_event_is_documented_and_handled() -> None:
    for path in (ROOT / "src/tbg/domains").glob("*/events.py"):
        import_module(f"tbg.domains.{path.parent.name}.events")
    ours = {
        name: kind
        for name, kind in Event.kinds.items()
        if kind.__module__.startswith("tbg.domains.")
    }
    text = documents()
    missing = sorted(name for name in ours if name not in text)
    assert missing == [], "add them to 'Events and their handlers' in docs/HOUSE.md"
    handled = handlers_of(DOMAINS)
    missing = sorted(name for name, kind in ours.items() if kind not in handled)
    assert missing == [], "give them a presenter, or a handler, on a domain's record"


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_every_domain_keeps_the_promises_of_domains(domain: Domain) -> None:
    package = f"tbg.domains.{domain.name}"
    lacks = broken_promises(domain, package=package, text=documents())
    assert not lacks, "\n".join(lacks)


def test_no_two_frames_have_the_same_channel_and_type() -> None:
    kinds = [(frame.CHANNEL, frame.TYPE) for domain in DOMAINS for frame in domain.frames]
    assert len(kinds) > 10
    assert len(set(kinds)) == len(kinds)


def test_jobs_of_every_domain_are_run_by_the_worker() -> None:
    names = sorted(path.parent.name for path in (ROOT / "src/tbg/domains").glob("*/jobs.py"))
    jobs = [job for name in names for job in import_module(f"tbg.domains.{name}.jobs").JOBS]
    assert jobs
    assert [job.name for job in jobs if job not in JOBS] == []


def test_every_domain_folder_is_listed_and_declares_its_modules() -> None:
    folders = {
        path.parent.name: path.parent for path in (ROOT / "src/tbg/domains").glob("*/__init__.py")
    }
    assert {domain.name for domain in DOMAINS} == set(folders), "list it in app/domains.py"
    for domain in DOMAINS:
        has = {path.stem for path in folders[domain.name].iterdir()}
        assert not ("jobs" in has and not domain.jobs), f"{domain.name}: add jobs=JOBS"
        assert not ("projection" in has and domain.projection is None), domain.name
        # The routes of realtime are the WebSocket, which app/api/sockets.py serves.
        if "routes" in has and domain.name != "realtime":
            assert domain.router, f'{domain.name}: add router="…routes:router"'


def test_the_layers_in_the_documents_are_those_of_the_list() -> None:
    told = re.findall(
        r"^\| \d+ \| `(\w+)` \|", (ROOT / "src/tbg/domains/README.md").read_text(), re.MULTILINE
    )
    ours = [domain.name for domain in reversed(DOMAINS)]
    assert told == ours, "bring the table in src/tbg/domains/README.md up to date"


def test_module_names_in_the_documents_are_those_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c for c in contracts["contracts"] if c["id"] == "modules")["layers"]
    table = (ROOT / "docs/HOUSE.md").read_text().partition("## Modules of a domain")[2]
    listed = (ROOT / "src/tbg/domains/README.md").read_text().partition("modules of these")[2]
    names = [layer.strip("()") for layer in layers]
    assert re.findall(r"^\| `(\w+)` \|", table.partition("\n## ")[0], re.MULTILINE) == names
    assert re.findall(r"`(\w+)`", listed) == names


def test_the_documents_list_every_table() -> None:
    tables = set()
    for path in sorted((ROOT / "migrations" / "versions").glob("*.py")):
        tables |= set(
            re.findall(
                r"CREATE TABLE (?:IF NOT EXISTS )?(?:public\.)?(\w+)\b(?!\.)", path.read_text()
            )
        )
    text = (ROOT / "docs" / "HOUSE.md").read_text()
    missing = sorted(t for t in tables if f"`{t}`" not in text and t != "shares_default")
    assert missing == [], "add them to 'Tables by domain' in docs/HOUSE.md"


# What would only be found on the machine where it was written: a folder beside the repository,
# somebody's own folders, a server that happens to run there.
_ELSEWHERE = {
    "a folder beside the repository": r"(?<![\w/.])(?:\.\./)*shared/",
    "a folder of one machine": r"(?<![\w/.:])/(?:work|home|root|Users|opt)/\w",
    "a server of one machine": r"\blocalhost:3\d{3}\b",
}


_TEXT = {".py", ".md", ".ts", ".tsx", ".json", ".css"}


@pytest.mark.parametrize("what", _ELSEWHERE)
def test_the_repository_refers_to_nothing_outside_itself(what: str) -> None:
    files = [
        path
        for folder in ("src", "lab", "docs", "tools", "deploy", "migrations", "web/src")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and (path.suffix in _TEXT or folder == "deploy")
    ]
    assert files
    found = [_name(p) for p in files if re.search(_ELSEWHERE[what], p.read_text())]
    assert found == []


_BOUND = re.compile(r"(^|_)(MOST|LEAST|LONGEST|BYTES|CHARS|SECONDS|MS|AT_ONCE|EVERY|ENTRIES)(_|$)")


def unreasoned(text: str) -> list[str]:
    """The numbers of a module that bound something and say no reason: no docstring, no comment."""
    lines, body = text.splitlines(), ast.parse(text).body
    found = []
    for node, after in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        name = node.targets[0].id
        is_number = not {type(n) for n in ast.walk(node.value)} & {
            ast.Call,
            ast.Name,
            ast.Attribute,
        }
        if not is_number or not name.strip("_").isupper() or not _BOUND.search(name):
            continue
        explained = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        grouped = isinstance(after, ast.Assign) and after.lineno == node.lineno + 1
        commented = "#" in lines[node.lineno - 1] or lines[node.lineno - 2].startswith("#")
        if not explained and not grouped and not commented:
            found.append(name)
    return found


def test_every_bound_has_its_reason() -> None:
    planted = 'A_BYTES = 5\nX = 1\nMOST_B = 3\n"""Why."""\nC_SECONDS = 1.5  # why\n'
    assert unreasoned(planted + "\nD_CHARS = 2 * 3\n") == ["D_CHARS"]
    found = {
        _name(path): names
        for path in SOURCES
        if (names := unreasoned(path.read_text())) and _name(path).startswith("src/tbg")
    }
    assert found == {}, "say in a line below the number why it is what it is"


_CUTS = {"startswith", "endswith", "removeprefix", "removesuffix", "find", "index"}


def _guesses(source: str) -> list[str]:
    """Where a request's path is recognised by a part of its text."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            searched = [node.func.value] if node.func.attr in _CUTS else []
        elif isinstance(node, ast.Compare):
            pairs = zip(node.ops, node.comparators, strict=True)
            searched = [right for op, right in pairs if isinstance(op, ast.In | ast.NotIn)]
        else:
            continue
        names = (ast.unparse(one) for one in searched)
        found += [name for name in names if re.search(r"\bpath('\])?$", name)]
    return found


def test_no_middleware_recognises_a_path_by_a_part_of_its_text() -> None:
    folder = ROOT / "src" / "tbg" / "app" / "api"
    found = {_name(path): _guesses(path.read_text()) for path in sorted(folder.rglob("*.py"))}
    assert {name: guesses for name, guesses in found.items() if guesses} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "scope['path'].startswith('/api/')",
        "'/auth/' in scope['path']",
        "'export' not in request.url.path",
        "path.endswith('/export')",
    ],
)
def test_a_path_recognised_by_a_part_of_its_text_is_found(planted: str) -> None:
    assert len(_guesses(f"if {planted}:\n    pass\n")) == 1
