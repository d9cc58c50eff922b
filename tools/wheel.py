"""What a wheel carries besides the code: the migrations and the built web app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc]
    """Adds them to a real wheel; an editable install reads them where they lie."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fails when the web app is not built: a wheel without pages would surprise."""
        if version == "editable":
            return
        root = Path(self.root)
        if not (root / "web" / "dist" / "index.html").is_file():
            raise RuntimeError("web/dist is not there: run `make web` first")
        build_data["force_include"] = {
            str(root / "migrations"): "tbg/_migrations",
            str(root / "web" / "dist"): "tbg/_web",
        }
