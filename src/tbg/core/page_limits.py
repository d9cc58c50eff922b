"""Bounds of the heads of pages and of the pictures that links show, each with its reason."""

HEADS_KEPT, HEAD_SECONDS = 2_000, 10.0
"""Pages whose head is kept, and for how many seconds: under 1 KiB each."""

HEAD_PATIENCE = 1.0
"""How long a page waits for the database before it is sent with the pool's own tags."""

PICTURE_SECONDS = 10.0
"""How long drawing a picture may take: a tenth of a second on a quiet machine."""

PICTURES_KEPT = 200
"""Pictures kept in memory, of some 50 KiB each: a link in a chat is opened by many at once."""

PICTURES_WAITING = 20
"""Pictures that may wait to be drawn: one is drawn at a time, so the last waits a few seconds."""

PICTURE_CACHED = 300
"""Seconds for which others may keep a picture."""

RATE_PICTURES = (60, 60)
"""Pictures that one IP address asks for; each may cost a process and a tenth of a second."""

RATE_CREDENTIALS = (120, 60)
"""Credentials, lists of revocations and keys that one IP address asks for: a reader of one badge
asks for three, and a picture costs as much as a preview card."""
