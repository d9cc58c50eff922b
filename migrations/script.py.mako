"""${message}"""

from tbg.core.migration import run

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}

STATEMENTS = """
${upgrades if upgrades else ""}
"""


def upgrade() -> None:
    run(STATEMENTS)
