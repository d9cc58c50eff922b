"""Pictures of operators: what draws stays, what acts goes."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tbg.adapters.svg import LARGEST, BadPicture, clean_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '


def svg(inside: str, head: str = 'viewBox="0 0 64 64"') -> bytes:
    return f"{HEAD}{head}>{inside}</svg>".encode()


PATH = '<path d="M1 1L9 9Z" fill="#fff"/>'


def test_shapes_gradients_and_their_references_stay() -> None:
    inside = (
        '<defs><linearGradient id="a-1"><stop offset="0" stop-color="#A83B0C"/></linearGradient>'
        '</defs><g transform="rotate(45 32 32)"><path d="M0 0h9v9z" fill="url(#a-1)"/></g>'
    )
    found = clean_svg(svg(inside))
    assert found.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">')
    for kept in ('id="a-1"', 'fill="url(#a-1)"', "rotate(45 32 32)", 'stop-color="#A83B0C"'):
        assert kept in found


def test_a_style_becomes_attributes_and_notes_of_the_editor_go() -> None:
    inside = (
        "<metadata>made by me</metadata><!-- a note -->"
        '<path d="M0 0h9" style="fill:none; stroke:#123456;-inkscape-stroke:none;behavior:url(x)"/>'
    )
    found = clean_svg(svg(inside))
    assert '<path d="M0 0h9" fill="none" stroke="#123456" />' in found
    assert "inkscape" not in found
    assert "note" not in found


def test_a_picture_without_a_view_box_gets_one_from_its_size() -> None:
    found = clean_svg(svg(PATH, 'width="40px" height="40"'))
    assert 'viewBox="0 0 40 40"' in found
    assert "width" not in found


def test_dashed_lines_become_whole_ones() -> None:
    dashes = 'stroke-dasharray="1e-9" style="stroke-dashoffset:3;stroke-dasharray:1e-9"'
    found = clean_svg(svg(f'<path d="M0 0h9" stroke="#123456" {dashes}/>'))
    assert '<path d="M0 0h9" stroke="#123456" />' in found
    assert "dash" not in found


ACTING = [
    "<script>alert(1)</script>",
    '<a href="javascript:alert(1)"><path d="M0 0h9"/></a>',
    "<style>*{background:url(https://x.example)}</style>",
    '<image href="https://x.example/i.png"/>',
    '<use xlink:href="#a"/>',
    '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="/"/></foreignObject>',
    '<animate attributeName="href" to="javascript:alert(1)"/>',
    '<path d="M0 0h9" onload="alert(1)" onclick="alert(1)"/>',
    '<path d="M0 0h9" fill="url(https://x.example#a)"/>',
    '<path d="M0 0h9" style="fill:url(//x.example)"/>',
    '<path d="M0 0h9" fill="expression(alert(1));x:y"/>',
    '<html:script xmlns:html="http://www.w3.org/1999/xhtml">alert(1)</html:script>',
    '<svg:script xmlns:svg="http://www.w3.org/2000/svg">alert(1)</svg:script>',
    "<text>words</text>",
]


@pytest.mark.parametrize("acting", ACTING)
def test_what_acts_or_loads_is_left_out(acting: str) -> None:
    found = clean_svg(svg(acting + PATH))
    assert not re.search(r"script|alert|example|href|style|onload|image|animate|text|html", found)
    assert 'd="M1 1L9 9Z"' in found


REFUSED = [
    (b"", "not XML"),
    (b"not a picture", "not XML"),
    (b"<html/>", "not an SVG"),
    (b'<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>', "not an SVG"),
    (svg("<text>only words</text>"), "draws nothing"),
    (svg(PATH, ""), "no viewBox"),
    (svg(PATH, 'viewBox="a b c d"'), "no viewBox"),
    (b"<!DOCTYPE svg>" + svg(PATH), "document type"),
    (b'<!doctype x [<!ENTITY a "aa">]>' + svg("&a;"), "document type"),
    (svg("<g>" * 40 + PATH + "</g>" * 40), "nested"),
    (svg(PATH + " " * LARGEST), "bytes"),
    ("<svg/>".encode("utf-16"), "not in UTF-8"),
    (b'<?xml version="1.0" encoding="UTF-7"?>' + svg(PATH), "it is in UTF-7, not in UTF-8"),
    (b"<?xml version='1.0' encoding='idna'?>" + svg(PATH), "it is in idna, not in UTF-8"),
    ("<!DOCTYPE svg [<!ENTITY a 'aa'>]><svg>&a;</svg>".encode("utf-16-le"), "not in UTF-8"),
]


@pytest.mark.parametrize(("content", "says"), REFUSED)
def test_what_is_no_picture_is_refused_with_its_reason(content: bytes, says: str) -> None:
    with pytest.raises(BadPicture, match=says):
        clean_svg(content)


@given(st.binary(max_size=200) | st.text(max_size=200).map(svg))
def test_anything_is_cleaned_or_refused_and_what_is_clean_stays_so(content: bytes) -> None:
    try:
        once = clean_svg(content)
    except BadPicture:
        return
    assert clean_svg(once.encode()) == once
    assert ElementTree.fromstring(once).tag == "{http://www.w3.org/2000/svg}svg"
