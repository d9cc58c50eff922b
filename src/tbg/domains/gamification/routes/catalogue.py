"""Badges and levels, as anybody may read them."""

from __future__ import annotations

from collections.abc import Set
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from tbg.adapters.http import BadgeEvents, Transaction
from tbg.core.errors import NotFound
from tbg.domains.accounts.queries import names as names_of
from tbg.domains.gamification import queries
from tbg.domains.gamification.queries import registry
from tbg.domains.gamification.rules import LEVELS
from tbg.domains.gamification.schemas import (
    Badge,
    BadgeDetail,
    BadgeList,
    BadgeWithEarners,
    Level,
    LevelList,
    RecentEarner,
)
from tbg.domains.gamification.schemas.registry import BadgeRegistry

router = APIRouter()

Language = Annotated[str | None, Query(pattern="^[a-z]{2}$")]
Slug = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9_]{0,63}$")]


@router.get(
    "/badges", summary="All badges, and how many users have each", operation_id="list_badges"
)
async def list_badges(
    tx: Transaction,
    events: BadgeEvents,
    category: Annotated[str | None, Query(max_length=64)] = None,
    lang: Language = None,
) -> BadgeList:
    """All badges in the registry's order, or those of one category.

    `lang`: the language of names and descriptions; in English where there is no translation.
    """
    catalogue = await queries.badge_catalogue(tx)
    counts = await queries.badge_counts(tx)
    shown = [
        _badge(badge, counts, events, lang)
        for badge in catalogue.values()
        if category in (None, badge.category)
    ]
    return BadgeList(badges=shown, total_available=len(catalogue))


@router.get(
    "/badges/{slug}",
    summary="One badge, and who earned it recently",
    operation_id="get_badge",
)
async def get_badge(
    tx: Transaction, events: BadgeEvents, slug: Slug, lang: Language = None
) -> BadgeDetail:
    """One badge; 404 when the registry has none of that name."""
    badge = (await queries.badge_catalogue(tx)).get(slug)
    if badge is None:
        raise NotFound(f"There is no badge called {slug}.")
    shown = _badge(badge, await queries.badge_counts(tx), events, lang)
    earners = await queries.recent_earners(tx, slug)
    names = await names_of(tx, [earner.user_id for earner in earners])
    recent = [
        RecentEarner(user=who.name, seed=who.seed, earned_at=earner.earned_at)
        for earner in earners
        if (who := names.get(earner.user_id)) is not None  # gone, or on no list
    ]
    return BadgeDetail(badge=BadgeWithEarners(**shown.model_dump(), recent_earners=recent))


@router.get(
    "/badges/{slug}/picture.svg",
    summary="The picture that a pack brings for its badge",
    operation_id="get_badge_picture",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}}},
)
async def get_badge_picture(tx: Transaction, slug: Slug) -> Response:
    """An SVG without anything that acts; 404 for a badge that the game draws itself."""
    badge = (await queries.badge_catalogue(tx)).get(slug)
    if badge is None or badge.picture is None:
        raise NotFound(f"There is no picture of a badge called {slug}.")
    return Response(badge.picture, media_type="image/svg+xml")


@router.get("/levels", summary="The fifteen levels", operation_id="list_levels")
async def list_levels() -> LevelList:
    """Every level there is; those between them do not exist."""
    return LevelList(levels=[Level.model_validate(level) for level in LEVELS])


@router.get("/registry/badges", summary="The registry of badges", operation_id="get_badge_registry")
async def get_badge_registry(tx: Transaction) -> BadgeRegistry:
    """Every badge as the registry and the operator's packs define it, with translations."""
    return await registry.registry(tx)


@router.get(
    "/registry/badges.schema.json",
    summary="The JSON Schema of registries and packs",
    operation_id="get_badge_schema",
    response_class=Response,
    responses={200: {"content": {"application/schema+json": {}}}},
)
async def get_badge_schema() -> Response:
    """The schema that a registry or pack must satisfy."""
    return Response(registry.schema(), media_type="application/schema+json")


def _badge(
    badge: queries.BadgeDefinition,
    counts: dict[str, queries.BadgeCount],
    events: Set[str],
    language: str | None,
) -> Badge:
    count = counts.get(badge.slug, queries.BadgeCount(0, 0.0))
    named = {name: getattr(badge, name) for name in (*badge._fields, "threshold")}
    path = None if badge.picture is None else f"/api/v1/badges/{badge.slug}/picture.svg"
    more = {"open": queries.is_open(badge, events), "picture": path}
    text = registry.text_of(badge, language).model_dump()
    return Badge.model_validate(named | text | count._asdict() | more)
