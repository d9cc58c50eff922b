"""Names and terms: one name means one thing, and terms are the field's own."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]

METAPHORS = re.compile(
    r"\b(doors?|furniture|switchboard|rooms? (above|below)|the house)\b", re.IGNORECASE
)
"""Terms that this code once had for services, modules, subscriptions, domains and itself."""


def _texts() -> list[Path]:
    sources = [path for place in ("src", "lab", "tools") for path in (ROOT / place).rglob("*.py")]
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").glob("*.md")]
    return sources + documents


def test_public_classes_have_names_of_their_own() -> None:
    places = defaultdict(set)
    for path in (ROOT / "src" / "tbg").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].add(str(path.relative_to(ROOT)))
    assert len(places) > 200
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_texts_use_standard_terms() -> None:
    lines = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in _texts()
        for line in path.read_text().splitlines()
        if METAPHORS.search(line) and not line.startswith("# The house: where things are")
    ]
    assert lines == []


def test_the_glossary_is_short_and_sorted() -> None:
    text = (ROOT / "docs/GLOSSARY.md").read_text()
    terms = re.findall(r"(?m)^\| \*\*(.+?)\*\* \| .+ \|$", text)
    assert 20 < len(terms) <= 40
    assert terms == sorted(set(terms))
