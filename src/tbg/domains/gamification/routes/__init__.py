"""Badges and levels for everybody; a player's own badges, XP and streak."""

from __future__ import annotations

from fastapi import APIRouter

from tbg.domains.gamification.routes import catalogue, own

router = APIRouter()
router.include_router(catalogue.router)
router.include_router(own.router)
