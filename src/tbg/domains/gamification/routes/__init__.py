"""Badges and levels for everybody; a player's own rewards; corrections by operators."""

from __future__ import annotations

from fastapi import APIRouter

from tbg.domains.gamification.routes import admin, catalogue, own, rewards

router = APIRouter()
router.include_router(catalogue.router)
router.include_router(own.router)
router.include_router(rewards.router)
router.include_router(admin.router)
