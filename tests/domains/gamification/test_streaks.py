"""Weeks, their boundaries, and the Monday check."""
from tests.domains.gamification.play import *
async def test_x(db, clock):
    ev = await play(db, [share(on(2026,3,4,11), sdiff=2e9)])
    print(ev)
    print(await badges(db), await xp(db))
