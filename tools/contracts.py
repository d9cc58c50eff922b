"""A contract of import-linter that takes the layers from the list of domains."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from importlinter.contracts.layers import LayersContract

_LIST = Path("src/tbg/app/domains.py")


def domains() -> list[str]:
    """The domains in their order, as `app/domains.py` lists them; nothing is imported."""
    for node in ast.walk(ast.parse(_LIST.read_text(encoding="utf-8"))):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "DOMAINS":
            return [ast.unparse(one).partition(".")[0] for one in node.value.elts]  # type: ignore[union-attr]
    raise ValueError(f"{_LIST} has no list of DOMAINS")


class DomainLayers(LayersContract):
    """Each domain may import those that are listed before it."""

    def __init__(self, name: str, session_options: Any, contract_options: dict[str, Any]) -> None:
        """`contract_options`: as for layers, without the layers."""
        layers = list(reversed(domains()))
        super().__init__(name, session_options, contract_options | {"layers": layers})
