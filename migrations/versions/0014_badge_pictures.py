"""A pack may bring a picture for its badge."""

from tbg.core.migration import run

revision = "0014_badge_pictures"
down_revision = "0013_feed"

PICTURES = """
ALTER TABLE badge_definitions ADD COLUMN picture text;
"""


def upgrade() -> None:
    run(PICTURES)
