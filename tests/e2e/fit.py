"""Whether a page fits and can be read at every width, in both glazes and in large text."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.e2e.audit import FAINT_TEXT, OVERLAPS, SIDEWAYS, STRUCTURE, named_by_the_browser
from tests.e2e.conftest import calm

WIDTHS = (320, 390, 768, 1200, 1440)


def resize(page: Page, width: int) -> None:
    """Give the window a width and wait for the page to follow."""
    page.set_viewport_size({"width": width, "height": 900})
    calm(page)


def enlarge(page: Page, size: str) -> None:
    """Set the reader's own text size."""
    page.evaluate("size => { document.documentElement.style.fontSize = size }", size)


def crowded(page: Page) -> list[str]:
    """What does not fit, at every width and in large text."""
    wrong = []
    for size in ("100%", "200%"):
        enlarge(page, size)
        for width in WIDTHS:
            resize(page, width)
            if (width, size) == (320, "200%"):  # as good as 160 px: the page fits, if not each word
                assert page.evaluate("() => document.documentElement.scrollWidth") == width
                continue
            found = page.evaluate(SIDEWAYS) + page.evaluate(OVERLAPS)
            wrong += [f"{width} px, text {size}: {line}" for line in found]
    return wrong


def faint(page: Page) -> list[str]:
    """Text that does not stand out, in both glazes, wide and narrow."""
    wrong = []
    for scheme in ("light", "dark"):
        for width in (1440, 390):
            page.emulate_media(color_scheme=scheme)
            resize(page, width)
            wrong += [f"{scheme} {width} px: {line}" for line in page.evaluate(FAINT_TEXT)]
    return wrong


def broken(page: Page) -> list[str]:
    """What has no name or no place, wide and narrow."""
    wrong = []
    for width in (1440, 390):
        resize(page, width)
        found = page.evaluate(STRUCTURE) + named_by_the_browser(page)
        wrong += [f"{width} px: {line}" for line in found]
    return wrong
