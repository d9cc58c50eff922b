"""All that a command prints passes here: names are strangers' text, and a terminal obeys escapes.

`guarded` stands between a command and its output: control characters come out as JSON writes them
(`\\u001b`, so that JSON stays the JSON it was), whoever prints them. What is styled on purpose
goes by `table` and `styled`; what they are given is escaped here or by who calls them.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console

_KEPT = "\n\t"
_REORDER = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKS = frozenset("\u2028\u2029")


_NO_EDGE = 10_000
"""The width of output to a file."""


class _Escapes(dict[int, str | None]):
    """The table for `str.translate`, built once."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        control = unicodedata.category(character) in {"Cc", "Cs"} and character not in _KEPT
        bad = control or character in _REORDER or character in _BREAKS
        self[code] = f"\\u{code:04x}" if bad else character
        return self[code]


_ESCAPES = _Escapes()


def escaped(text: str) -> str:
    """The text with whatever would move, colour or reorder a terminal made visible."""
    return text if text.isascii() and text.isprintable() else text.translate(_ESCAPES)


class _Guard(io.TextIOBase):
    """A terminal's or file's stream that gets only escaped text; it has no `buffer` to pass by."""

    def __init__(self, raw: TextIO) -> None:
        self.raw = raw

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.raw.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self.raw.errors

    def write(self, text: str, /) -> int:
        self.raw.write(escaped(text))
        return len(text)

    def flush(self) -> None:
        self.raw.flush()

    def isatty(self) -> bool:
        return self.raw.isatty()

    def fileno(self) -> int:
        return self.raw.fileno()

    def writable(self) -> bool:
        return True


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Within this context, all output to stdout and stderr is escaped."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Guard(raw(sys.stdout)), _Guard(raw(sys.stderr))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def raw(stream: TextIO) -> TextIO:
    """The stream itself, for styled output: its writers must escape."""
    return stream.raw if isinstance(stream, _Guard) else stream


def styled(stream: TextIO) -> Console:
    """A console for styles, progress bars and tables of our own."""
    from rich.console import Console  # noqa: PLC0415 - services print no styles

    return Console(file=raw(stream), highlight=False, soft_wrap=True)


def table(
    headings: Sequence[str], rows: Iterable[Sequence[Any]], *, prose: Sequence[str] = ()
) -> None:
    """Print rows under headings; nothing is cut: only the columns of `prose` are wrapped.

    Columns of numbers are right-aligned.
    """
    from rich.cells import cell_len  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    cells = [["—" if cell in (None, "") else escaped(str(cell)) for cell in row] for row in rows]
    console = styled(sys.stdout)
    found = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for place, heading in enumerate(headings):
        column = [row[place] for row in cells]
        wraps = heading in prose
        widest = max(map(cell_len, [heading, *column]))
        found.add_column(
            heading,
            justify="right" if column and all(_is_number(cell) for cell in column) else "left",
            no_wrap=not wraps,
            overflow="fold",
            min_width=min(widest, 30) if wraps else widest,
        )
    for row in cells:
        found.add_row(*[Text(cell) for cell in row])
    if console.is_terminal:
        least = found.__rich_measure__(console, console.options).minimum
        console.width = max(console.width, least)
    else:
        console.width = _NO_EDGE
    console.print(found, soft_wrap=False, crop=False)


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[0-9][0-9.,]*( ?[A-Za-z]{1,2})?", cell) is not None


def say(text: str) -> None:
    """Print one line on stderr about the command, separate from its output."""
    typer.echo(text, err=True)
