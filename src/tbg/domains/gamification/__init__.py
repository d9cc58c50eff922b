"""Badges, XP, levels and streaks."""
