"""The web app manifest: how the pool is called, and looks, once it is on a telephone's screen."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Response

from tbg.adapters.http import AppSettings

router = APIRouter()

# The grounds of `web/src/styles/tokens.css`, by day and in the evening.
_DAY, _EVENING = "#dfe4d1", "#0c1411"


@router.get("/manifest.webmanifest", include_in_schema=False)
async def get_manifest(settings: AppSettings) -> Response:
    """The manifest, by the name of this pool."""
    kind, kept = "application/manifest+json", {"Cache-Control": "public, max-age=3600"}
    return Response(orjson.dumps(_manifest(settings.pool_name)), media_type=kind, headers=kept)


def _manifest(pool: str) -> dict[str, Any]:
    return {
        "id": "/",
        "name": pool,
        "description": "A score for your home miner: levels, streaks and badges.",
        "lang": "en",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": _DAY,
        "background_color": _DAY,
        "color_scheme_dark": {"theme_color": _EVENING, "background_color": _EVENING},
        "icons": [
            _icon("icon-192", 192),
            _icon("icon-512", 512),
            _icon("icon-maskable-512", 512) | {"purpose": "maskable"},
        ],
    }


def _icon(name: str, side: int) -> dict[str, Any]:
    return {"src": f"/icons/{name}.png", "sizes": f"{side}x{side}", "type": "image/png"}
