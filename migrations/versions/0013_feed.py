"""What a miner earned besides the XP of shares is found however many shares came since."""

from tbg.core.migration import run

revision = "0013_feed"
down_revision = "0012_parked_users"

REWARDS = """
CREATE INDEX xp_ledger_rewards ON xp_ledger (user_id, id DESC) WHERE source <> 'share';
"""


def upgrade() -> None:
    run(REWARDS)
