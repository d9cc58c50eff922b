"""The built web app: hashed files, and its one page for every address that is not a file."""

from __future__ import annotations

import gzip
import json
import os
import re
from hashlib import blake2b
from mimetypes import guess_type
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from tbg.app.api.heads import Heads

_PACKAGED = Path(__file__).parents[2] / "_web"
_CHECKOUT = Path(__file__).parents[4] / "web" / "dist"

_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>The Bitcoin Game</title>
<h1>The Bitcoin Game</h1>
<p>The web app is not built yet. Run <code>make web</code>, then load this page again.</p>
</html>
"""

# Paths that are never a page: an unknown address below them is an error.
_NOT_PAGES = ("api", "health", "metrics", "problems", "version", "ws", ".well-known")

# The pages of `web/src/router.tsx`; at another address the app says that there is none.
_PAGE = re.compile(
    r"/|/(?:m|badges|credentials)/[^/]+|/badges|/quests|/how-it-works|/sign-in|/welcome|/admin"
    r"|/(?:settings|profile|rewards)(?:/[^/]+)?"
)


# Between them `web/index.html` has what a page says of itself as long as nobody says it better.
_HEAD = re.compile(r"<!-- head -->.*<!-- /head -->", re.DOTALL)

_LINKS = {
    ".js": '<link rel="modulepreload" crossorigin href="/{}" />',
    ".css": '<link rel="stylesheet" crossorigin href="/{}" />',
}

# As `web/vite.config.ts` writes them, the smaller ones first.
_COMPRESSED = {".br": "br", ".gz": "gzip"}


class Pages(StaticFiles):
    """Serves a folder with the built app; says what to run if it is missing."""

    def __init__(self, heads: Heads, folder: Path | None = None) -> None:
        self.heads = heads
        self.folder = folder or (_PACKAGED if _PACKAGED.is_dir() else _CHECKOUT)
        super().__init__(directory=self.folder, check_dir=False)

    async def check_config(self) -> None:
        """Nothing to check: the app may be built while we run."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file of the app, or its page; 404 for what can be neither."""
        scope["page"] = "/{page}"
        first, _, _ = scope["path"].lstrip("/").partition("/")
        if first in _NOT_PAGES:
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        if not (self.folder / "index.html").is_file():
            return HTMLResponse(_NOT_BUILT, headers={"Cache-Control": "no-cache"})
        # A miner's page may have a dot in its address: people paste `address.worker`.
        is_file = first != "m" and "." in path.rpartition("/")[2] and path != "."
        if is_file:
            return await super().get_response(path, scope)
        found = _PAGE.fullmatch(scope["path"].rstrip("/") or "/")
        return await self._page(scope, 200 if found else 404)

    async def _page(self, scope: Scope, status: int) -> Response:
        """The app's one page, with the head that belongs to this path."""
        plain, needed = await run_in_threadpool(self._read, scope["path"])
        head = await self.heads.of(scope["path"]) + needed
        body = _HEAD.sub(lambda _: head, plain, count=1).encode()
        tag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding", "ETag": tag}
        known = Headers(scope=scope).get("if-none-match", "").split(",")
        if status == 200 and tag in (part.strip() for part in known):
            return Response(status_code=304, headers=headers)
        if _takes(scope, "gzip"):
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, compresslevel=6, mtime=0)
        return HTMLResponse(body, status, headers=headers)

    def _read(self, path: str) -> tuple[str, str]:
        """The app's page, and links to what it fetches at this path besides the app."""
        plain = (self.folder / "index.html").read_text(encoding="utf-8")
        try:
            pages = json.loads((self.folder / "first.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return plain, ""
        names = pages.get(path.split("/")[1], ())
        links = [f"\n    {_LINKS[Path(name).suffix].format(name)}" for name in names]
        return plain, "".join(links)

    def file_response(
        self,
        full_path: PathLike,
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """A file as it was compressed when the app was built, if the browser takes it so.

        Names with a hash in them never change; everything else is asked for again.
        """
        path, coding = Path(full_path), None
        for suffix, name in _COMPRESSED.items():
            packed = path.with_name(path.name + suffix)
            if _takes(scope, name) and packed.is_file():
                full_path, stat_result, coding = packed, packed.stat(), name
                break
        response = super().file_response(full_path, stat_result, scope, status_code)
        if coding is not None and "content-type" in response.headers:  # not of a 304
            kind = guess_type(path.name)[0] or "application/octet-stream"
            text = kind.startswith("text/")
            response.headers["Content-Type"] = f"{kind}; charset=utf-8" if text else kind
            response.headers["Content-Encoding"] = coding
        response.headers["Vary"] = "Accept-Encoding"
        hashed = path.parent.name == "assets"
        keep = "public, max-age=31536000, immutable" if hashed else "no-cache"
        response.headers["Cache-Control"] = keep
        return response


def _takes(scope: Scope, coding: str) -> bool:
    """Whether the client accepts a coding, and not with `;q=0`."""
    for part in Headers(scope=scope).get("accept-encoding", "").lower().split(","):
        name, _, quality = part.partition(";")
        if name.strip() == coding:
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", quality)
    return False
