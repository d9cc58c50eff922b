"""Badges and levels for everybody; a player's own badges, XP, streak and rewards."""

from __future__ import annotations

from fastapi import APIRouter

from tbg.domains.gamification.routes import catalogue, own, rewards

router = APIRouter()
router.include_router(catalogue.router)
router.include_router(own.router)
router.include_router(rewards.router)
