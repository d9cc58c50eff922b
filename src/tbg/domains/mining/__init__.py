"""What was mined: workers, shares, rollups, bests, blocks."""
