"""Pictures that carry their credential (Open Badges 3.0, "baked")."""

from __future__ import annotations

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_ENDS = len(_SIGNATURE) + 25
"""IHDR is the first chunk of every PNG, and always of one size."""

_KEYWORD = b"openbadgecredential"
_NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"


def baked_png(png: bytes, credential: str) -> bytes:
    """The picture with the credential in a text chunk of its own, uncompressed."""
    if not png.startswith(_SIGNATURE) or png[12:16] != b"IHDR":
        raise ValueError("it is not a PNG")
    # Keyword; neither compressed nor by which method; no language, no keyword in it.
    body = b"iTXt" + _KEYWORD + b"\0" + b"\0\0" + b"\0" + b"\0" + credential.encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:_HEADER_ENDS] + chunk + png[_HEADER_ENDS:]


def baked_svg(svg: str, credential: str) -> str:
    """The picture with the credential as the first of its elements."""
    start, end, rest = svg.partition(">")
    if not start.startswith("<svg ") or start.endswith("/"):
        raise ValueError("it does not begin with <svg …>")
    text = credential.replace("]]>", "]]]]><![CDATA[>")
    return (
        f'{start} xmlns:openbadges="{_NAMESPACE}"{end}'
        f"<openbadges:credential><![CDATA[{text}]]></openbadges:credential>{rest}"
    )
