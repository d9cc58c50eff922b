"""Signing in, the user's account, and (on a demo) the demo miners' keys."""

from __future__ import annotations

from fastapi import APIRouter

from tbg.domains.accounts.routes import auth, demo, users

router = APIRouter()
router.include_router(auth.router)
router.include_router(users.router)
router.include_router(demo.router)

well_known = auth.well_known
