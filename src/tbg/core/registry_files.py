"""Registries and packs of entries with slugs: JSON files that are checked as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tbg.core.errors import BadArguments

FOLDER = Path(__file__).parents[1] / "registry"
"""The registries that the game brings, and their schemas."""


@dataclass(frozen=True, slots=True)
class RegistryKind:
    """A kind of registry: `{"badges": […]}`, whose entries are each called `badge`."""

    entries: str
    entry: str
    setting: str
    """The setting that names the folder of packs."""
    missing: str
    """What nothing here does, when an entry is not open yet."""

    @property
    def file(self) -> Path:
        """The registry itself."""
        return FOLDER / f"{self.entries}.json"

    def schema(self) -> bytes:
        """The JSON Schema of registries and packs."""
        return (FOLDER / f"{self.entries}.schema.json").read_bytes()

    def packs(self, folder: Path | None) -> list[Path]:
        """The packs in a folder, by name."""
        if folder is None:
            return []
        if not folder.is_dir():
            raise BadArguments(f"{self.setting}: {folder} is not a folder")
        return sorted(folder.glob("*.json"))

    def read(self, file: Path, *, pack: bool = False) -> list[dict[str, Any]]:
        """The entries of a registry or a pack; BadArguments names file and entry at fault."""
        content = parse(file)
        faults = list(self._faults(content))
        if pack and not faults and "pack" not in content:
            faults = ["the key 'pack', which names the pack, is missing"]
        if not pack and not faults and "pack" in content:
            faults = ["it is a pack ('pack' is set), not the registry"]
        if faults:
            shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if faults[5:] else "")
            raise BadArguments(f"{file}: {shown}")
        entries: list[dict[str, Any]] = content[self.entries]
        return entries

    def refuse_repeated(self, path: Path, slugs: Sequence[str], known: Sequence[str]) -> None:
        """BadArguments for a pack with a slug that the registry or another pack has."""
        for slug in slugs:
            if slug in known:
                raise BadArguments(
                    f"{path}: {self.entry} {slug!r} already exists: a pack can only add "
                    f"{self.entries}"
                )

    def _faults(self, content: Any) -> Iterator[str]:
        """Everything that is wrong with a file's content, each fault with the entry it is in."""
        for error in _leaves(
            Draft202012Validator(orjson.loads(self.schema())).iter_errors(content)
        ):
            yield self._explain(error, content)
        entries = content.get(self.entries) if isinstance(content, dict) else None
        seen: set[str] = set()
        for slug in (_slug(entry) for entry in entries or ()):
            if slug in seen:
                yield f"{self.entry} {slug!r} occurs twice"
            if slug is not None:
                seen.add(slug)

    def _explain(self, error: ValidationError, content: Any) -> str:
        rule: Any = error.validator_value
        entries: Any = error.instance
        if error.validator == "contains":
            fixed = rule["const"]
            for entry in entries:
                if _slug(entry) == fixed["slug"]:
                    keys = sorted(k for k in {**entry, **fixed} if entry.get(k) != fixed.get(k))
                    return f"{self.entry} {fixed['slug']!r} cannot be changed ({', '.join(keys)})"
            return f"{self.entry} {fixed['slug']!r} is missing, but cannot be removed"
        path = list(error.absolute_path)
        if len(path) >= 2 and path[0] == self.entries:
            slug = _slug(content[self.entries][path[1]])
            where = ".".join(str(part) for part in path[2:])
            name = f"{self.entry} {slug!r}" if slug else f"entry {int(path[1]) + 1}"
            return f"{name}: {where + ': ' if where else ''}{error.message}"
        where = ".".join(str(part) for part in path)
        return f"{where + ': ' if where else ''}{error.message[:200]}"


def is_pack(file: Path) -> bool:
    """Whether a file names itself a pack."""
    content = parse(file)
    return isinstance(content, dict) and "pack" in content


def is_kind(file: Path, kind: RegistryKind) -> bool:
    """Whether a file has entries of this kind."""
    content = parse(file)
    return isinstance(content, dict) and kind.entries in content


def content_of(file: Path) -> bytes:
    """The bytes of a file; BadArguments if it cannot be read."""
    # To read a pipe would wait until somebody writes into it.
    if file.exists() and not file.is_file():
        raise BadArguments(f"{file} is not a file")
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadArguments(f"{file} cannot be read: {error.strerror}") from None


def parse(file: Path) -> Any:
    """A file's JSON; BadArguments if it is none."""
    try:
        # orjson refuses NaN and bad UTF-8, and what is valid but odd the schema refuses.
        return orjson.loads(content_of(file))
    except orjson.JSONDecodeError as error:
        raise BadArguments(f"{file} is not JSON: {error}") from None


def _leaves(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    """Errors at their own place, not at the `if` or `$ref` that led there."""
    for error in errors:
        if error.context:
            yield from _leaves(iter(error.context))
        else:
            yield error


def _slug(entry: Any) -> str | None:
    slug = entry.get("slug") if isinstance(entry, dict) else None
    return slug if isinstance(slug, str) else None
