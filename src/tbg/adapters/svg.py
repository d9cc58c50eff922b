"""Pictures that operators bring: of an SVG file, what draws is kept, and nothing that acts."""

from __future__ import annotations

import re
from xml.etree import ElementTree

LARGEST = 32 * 1024
"""Bytes of a picture's file: every page that shows the badge fetches it."""

_DEPTH = 16
"""How deep elements may be nested; drawing programs need five or six."""

_SVG = "http://www.w3.org/2000/svg"

_ELEMENTS = frozenset({
    "svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline",
    "polygon", "linearGradient", "radialGradient", "stop", "clipPath", "mask",
})  # fmt: skip
_DRAWN = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
# No dashes: browsers draw each one, and a picture of a hundred bytes can have billions.
_PROPERTIES = frozenset({
    "fill", "fill-opacity", "fill-rule", "clip-rule", "stroke", "stroke-width", "stroke-opacity",
    "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "opacity", "stop-color",
    "stop-opacity", "clip-path", "mask",
})  # fmt: skip
_ATTRIBUTES = _PROPERTIES | frozenset({
    "id", "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "width",
    "height", "points", "transform", "viewBox", "offset", "gradientUnits", "gradientTransform",
    "spreadMethod", "clipPathUnits", "maskUnits", "pathLength", "preserveAspectRatio",
})  # fmt: skip
_VALUE = re.compile(r"[-+\w\s.,#%()]*|url\(#[\w-]+\)")
_ENCODING = re.compile(r"""<\?xml\b[^>]*?\sencoding\s*=\s*["']([^"'>]{1,40})""")
_VIEW = re.compile(r"\s*(?:[-+]?[\d.]+[\s,]+){3}[-+]?[\d.]+\s*")
_LENGTH = re.compile(r"([\d.]+)(?:px)?")


class BadPicture(ValueError):
    """It is no SVG picture that can be used; says why."""


def clean_svg(content: bytes) -> str:
    """The same picture with known shapes, colours and gradients alone; BadPicture says why not.

    Scripts, styles, links, texts, animations, foreign content and what editors note for themselves
    are left out: the picture is served from the same origin as the pages.
    """
    if len(content) > LARGEST:
        raise BadPicture(f"it has {len(content)} bytes; a picture may have {LARGEST}")
    text = _text(content)
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise BadPicture("it declares a document type: save it as plain SVG")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - bounded, and without entities
    except ElementTree.ParseError as error:
        raise BadPicture(f"it is not XML: {error}") from None
    if root.tag != f"{{{_SVG}}}svg":
        raise BadPicture("it is not an SVG document (the root must be <svg> with its namespace)")
    kept = _kept(root, depth=0)
    if not any(_name(one.tag) in _DRAWN for one in kept.iter()):
        raise BadPicture("it draws nothing that is kept: convert texts and images to paths")
    kept.set("viewBox", _view(root))
    for size in ("width", "height"):
        kept.attrib.pop(size, None)
    ElementTree.register_namespace("", _SVG)
    return ElementTree.tostring(kept, encoding="unicode")


def _text(content: bytes) -> str:
    """The file's text; in another encoding, a declaration could be hidden in it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # by these the parser recognises UTF-16, even in a text
        raise BadPicture("it is not in UTF-8: save it as plain SVG")
    declared = _ENCODING.match(text)
    if declared and declared[1].upper() != "UTF-8":
        raise BadPicture(f"it is in {declared[1]}, not in UTF-8: save it as plain SVG")
    return text


def _view(root: ElementTree.Element) -> str:
    if _VIEW.fullmatch(view := root.get("viewBox", "")):
        return view.strip()
    sizes = [_LENGTH.fullmatch(root.get(name, "")) for name in ("width", "height")]
    if None in sizes:
        raise BadPicture("it has no viewBox")
    return " ".join(["0 0", *(found[1] for found in sizes if found)])


def _kept(element: ElementTree.Element, *, depth: int) -> ElementTree.Element:
    if depth > _DEPTH:
        raise BadPicture(f"its elements are nested more than {_DEPTH} deep")
    copy = ElementTree.Element(element.tag, _attributes(element))
    if _name(element.tag) in ("title", "desc"):
        copy.text = element.text
    for child in element:
        # A comment has a function for a tag.
        if isinstance(child.tag, str) and _name(child.tag) in _ELEMENTS:
            copy.append(_kept(child, depth=depth + 1))
    return copy


def _name(tag: str) -> str | None:
    """The name of an element of SVG; None for another's."""
    space, _, name = tag.rpartition("}")
    return name if space == f"{{{_SVG}" else None


def _attributes(element: ElementTree.Element) -> dict[str, str]:
    given = {name: value for name, value in element.attrib.items() if name in _ATTRIBUTES}
    for declaration in element.get("style", "").split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name in _PROPERTIES:
            given[name] = value
    return {name: value for name, value in given.items() if _VALUE.fullmatch(value)}
