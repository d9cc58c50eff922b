"""Bounds that several modules share, each with its reason; others stand where they are used."""

from datetime import timedelta

# --- events in -----------------------------------------------------------------------------
BATCH_EVENTS = 20_000
"""Events of one stream per transaction. Under load the same miners recur in a batch, and changing a
row once for many shares makes large batches cheap. About 20 MiB of real shares."""

INGEST_LANES = 2
"""Batches in progress in one service: while PostgreSQL works on one, the other is read and
decoded."""

EVENT_BYTES = 64 * 1024
"""One event's fields together; a real share is under 1 KiB."""

DIFFICULTY = 1e68
"""No share can have more: a hash of 1 has 2.7e67. Beyond it, sums and rates would overflow."""

MINERS_REMEMBERED = 65_536
"""Miners whose address a consumer has checked and need not check again; some 20 MiB."""

EVENT_AHEAD = timedelta(minutes=5)
"""How far a producer's clock may run ahead of ours before the event is refused."""

EVENT_AGE = timedelta(days=90)
"""A live event older than this is too late; history has no age limit."""

HISTORY_AFTER = timedelta(days=1)
"""A collector marks events older than this as history."""

RAW_SHARE_AGE = timedelta(days=90)
"""Raw shares are kept this long; rollups, bests and the ledger permanently."""

KEY_AGE = timedelta(days=100)
"""Event keys are kept longer than any live event may be late."""

EVENT_FAILURES = 5
"""Failures of an event that is processed alone before it becomes a dead letter."""

READ_BLOCK_MS = 1_000
"""How long one read waits for events; bounds how late a stop signal is seen."""

CLAIM_IDLE_MS = 5_000
"""A pending entry untouched this long belongs to a dead consumer: a batch takes far less."""

CONSUMER_IDLE_MS = 3_600_000
"""A consumer that is silent for an hour with nothing pending is removed from the group."""

BATCH_BYTES = 64 * 1024 * 1024
"""Size of all entries of a batch: a batch of real shares has 6 MiB, 20,000 large ones 1.2 GiB."""

READ_STEP = 1_000
"""Entries read at once for a batch; their size is added up before reading more."""

STREAM_BACKLOG = 1_000_000
"""Entries waiting before producers hold back (1 GiB of Redis): a pool's logs keep the rest."""

STREAM_AHEAD_MS = 3_600_000
"""An id further ahead of the clock was chosen by a producer: the stream goes on from now."""

DEAD_LETTERS = 10_000
"""Dead letters that stay in Redis; older ones are moved to a file, so that they do not fill it."""

DEAD_LETTER_BYTES = 64 * 1024 * 1024
"""Memory of Redis for them: each may have an event of 64 KiB, and somewhat more when escaped."""

KEPT_BYTES = 64 * 1024 * 1024
"""Size of a file of lines kept for a person: quarantined ones, or old dead letters."""

WORKER_NAME_BYTES = 1_024
"""Longest worker name that is kept whole."""

TEXT_CHARS = 256
"""Longest agent, reject reason, source or other short text of an event; longer is cut."""

EVENT_ID_BYTES = 256
"""Longest event id a producer may send."""

# --- transactions --------------------------------------------------------------------------
RETRY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Waits between attempts while the database is down; the last one repeats."""

STATEMENT_TIMEOUT_MS = 60_000
"""No statement of the services may hold locks longer than this."""

PAGE_ROWS = 200
"""Rows in memory of a read that may return millions; requests wait while they are decoded."""

# --- rollups -------------------------------------------------------------------------------
ROLLUP_BATCHES = 16
"""Batches folded into the rollups in one transaction: bounds its memory (≈ 320,000 shares)."""

ROLLUP_PAUSE_SECONDS = 1.0
"""How often the rollups look for new batches; pages show them with this delay."""

# --- outbox and frames ---------------------------------------------------------------------
RELAY_BATCH = 500
"""Messages delivered in one transaction."""

RELAY_ATTEMPTS = 10
"""Attempts of one handler with one message before that delivery is parked for a person."""

LOOK_SECONDS = 5.0
"""How often ingest measures the backlog, and trims."""

RELAY_SWEEP_SECONDS = 1.0
"""How often the relay looks without being nudged, because nudges can be lost."""

OUTBOX_KEPT = timedelta(days=7)
"""How long delivered messages are kept for inspection."""

FRAMES_KEPT = timedelta(days=7)
"""How long a browser may be away and still resume without a snapshot."""

FRAMES_PER_BATCH = 500
"""Ephemeral frames published after one batch; more would drown every listener."""

PULSE = timedelta(milliseconds=500)
"""How often the pool's sums are sent to everybody who watches the pool."""

SOCKET_QUEUE = 256
"""Frames waiting for one slow socket before it is closed with 1013."""

SOCKET_FRAME_BYTES = 16 * 1024
"""Largest frame a client may send."""

SOCKET_FRAGMENTS = 64
"""Fragments of one message: browsers send our messages, of a few hundred bytes, in one."""

SOCKET_LINGER_SECONDS = 1.0
"""How long a refused socket may take to read the reason before it is cut off; what it still sends
is discarded unread."""

SOCKET_LOOK_SECONDS = 30.0
"""How long somebody who already watches a page may still watch it after it became private."""

SOCKET_SUBJECTS = 50
"""Public subjects one socket may follow."""

SOCKET_FRAMES_PER_SECOND = 20
"""Frames of any kind a client may send per second, pings and fragments too, over ten seconds."""

SOCKET_SEND_SECONDS = 10
"""A socket that takes longer than this for one frame is dead."""

SOCKET_FRAMES = 10 * SOCKET_FRAMES_PER_SECOND
"""Frames a client may send at once: a burst after a reconnect is no flood."""

FRAMES_BY_ADDRESS = 100
"""The limit for all sockets of an IP address, as a multiple of that: 2,000 idle screens send 80 a
second."""

SOCKET_BUFFER_BYTES = 32 * 1024
"""Bytes the server itself holds for one socket before it waits; the kernel holds more."""

SOCKETS = 20_000
"""Sockets one process serves (≤ 30 KiB each); more are sent to another one with 1013."""

TELL_SECONDS = 1.0
"""How long an answer waits until sockets have been notified of the change; otherwise they notice
later."""

SUBSCRIBE_SECONDS = 2.0
"""How long a socket waits for Redis to confirm; after that it is informed once Redis is back."""

# --- connections --------------------------------------------------------------------------- A
# phone at the edge of 2G sends and reads some 3 KB/s, and is silent for 20 s in a tunnel.
CONNECTIONS = 24_000
"""Connections of one process at once: its WebSockets, and requests."""

CONNECTIONS_BY_ADDRESS = 2_000
"""Connections of one IP address (or IPv6 network) that is not a trusted proxy, never more than a
quarter of all: a hall of screens behind one router."""

DESCRIPTORS_KEPT = 256
"""Descriptors reserved for PostgreSQL, Redis, files, and connections that are refused."""

CONNECTIONS_LOOK_SECONDS = 1.0
"""How often slow connections are looked for."""

HEAD_SECONDS = 30.0
"""How long a request's head may take, and a new connection may be silent; browsers open some in
advance."""

HEAD_BYTES = 32 * 1024
"""Largest request line and headers, counting 32 bytes more per header; our cookies take 2 KiB."""

BODY_SECONDS = 60.0
"""How long a request's body may take, on every path; the game's bodies have a few KiB."""

READ_SECONDS = 60.0
"""A client that for so long …"""

READ_BYTES = 4 * 1024
"""… takes less than this of an answer that waits for it is gone."""

KEEP_ALIVE_SECONDS = 5
"""How long a connection is kept for another request."""

PIPELINED = 8
"""Requests that may wait behind one that is being answered; browsers do not pipeline."""

BODY_PIECES = 2_048
"""Chunks, or packets, that a body may come in: each costs as much as a KiB, however small."""

METRICS_SECONDS = 10.0
"""How long Prometheus may take to ask for metrics and read them."""

METRICS_AT_ONCE = 8
"""Readers of metrics at once: each has a thread."""

# --- reading -------------------------------------------------------------------------------
REQUEST_BYTES = 32 * 1024
"""Largest request body: a signature may have 12,000 characters. Reading JSON stops all others."""

MESSAGE_BYTES = HEAD_BYTES + 2 * 1024 * 1024
"""Bytes of a whole request on the wire: clients with too large a body still read why it is refused,
and chunks may not consist of framing only."""

FEED_ITEMS, FEED_GRANTS = 30, 2_000
"""Items in a miner's feed; it is read from the latest grants of XP, those of shares day by day."""

POOL_FEED_ITEMS, POOL_NEWS_AGE = 20, timedelta(days=7)
"""Items in the pool's feed on the landing page; and how old a best in it may be."""

CALENDAR_WEEKS, HOURS_SHOWN = 52, 7 * 24
"""Weeks of a miner's calendar, a year of tiles; and hours of the chart of their hashrate."""

WALL_TILES = 60
"""Miners shown on the landing page's wall."""

WALL_CANDIDATES = 100 * WALL_TILES
"""Most recently seen workers, among which the wall's miners are found: a farm has many workers."""

POOL_STATS_SECONDS = 2.0
"""How long the pool's numbers are cached: thousands of viewers cost no more than one."""

POOL_STATS_SHARE = 0.02
"""Share of one connection's time they may take: what took 300 ms is kept for 15 s."""

RECENT_EARNERS = 20
"""Earners listed with a badge."""

WORKER_ONLINE = timedelta(minutes=5)
"""A worker without a share for this long is offline."""

WORKERS_SHOWN = 50
"""Workers listed on a miner's public page."""

DATABASE_CONNECTIONS = 10
"""Database connections of one process."""

CHECK_SECONDS = 2.0
"""How long one readiness check may take before it counts as failed."""

READINESS_SECONDS = 1.0
"""How long readiness is cached: the servers are asked once a second, however often it is asked."""

INGEST_LAG_SECONDS = 300
"""Age of the oldest waiting entry above which the process says it is not ready."""

DISK_WARNING_BYTES = 1024**3
"""With less free disk `tbg doctor` warns: time to make room before anything fails."""

DISK_FREE_BYTES = 64 * 1024 * 1024
"""Free space below which the process says it is not ready; a WAL segment is 16 MiB."""

SHUTDOWN_SECONDS = 5
"""How long running requests may take once the API is stopping."""

# --- signing in ----------------------------------------------------------------------------
PUBLIC_HOST_CHARS = 40
"""Longest host and port in the public URL. They begin every message to sign, and with longer ones a
message about two addresses would pass the 240 characters that some wallets accept."""

CHALLENGE_AGE = timedelta(minutes=5)
"""How long signing a message may take: the user may have to fetch a hardware wallet."""

APPROVAL_AGE = timedelta(minutes=5)
"""How long a signed approval stays valid: the new address signs in the meantime."""

ACCESS_TOKEN_AGE = timedelta(minutes=15)
"""Lifetime of an access token; a stolen one is useless after that."""

SESSION_AGE = timedelta(days=30)
"""A session ends after this, however often it was used: then the address is proved again."""

SESSION_TOLD = timedelta(days=30)
"""How long an ended session is shown to its player, with the reason."""

SESSIONS = 20
"""Sessions of one user at once; the one unused for longest makes room."""

TOKEN_CHARS = 4_096
"""Longest token that is examined; ours are under 1 KiB."""

CLOCK_LEEWAY = timedelta(seconds=5)
"""How far the clocks of two machines that share keys may be apart."""

KEY_SETTLES = timedelta(minutes=2)
"""A new signing key is published this long before it signs, so that all have seen it."""

KEYS_READ_SECONDS = 10.0
"""How often a process looks for new keys; much more often than they settle."""

JWKS_SECONDS = 60
"""How long others may cache our public keys: less than a new one takes to settle."""

API_KEYS = 20
"""API keys of one user at once."""

API_KEYS_REMEMBERED = 10_000
"""Keys whose argon2 hash a process verified recently; about 2 MiB."""

ARGON2_THREADS = 2
"""argon2 computations at once: each takes 19 MiB and a core."""

ADDRESSES = 50
"""Addresses of one user: a farm's pool accounts, and what one socket can follow."""

EXPORTS_AT_ONCE = 1
"""Exports one process writes at once: each holds a connection, and a core, until it is written."""

DELETION_AFTER = timedelta(days=7)
"""How long the deletion of an account can be cancelled."""

HANDLE_RESTS = timedelta(days=30)
"""How long a handle that was given up is reserved, because others could impersonate its owner."""

HANDLES_RESTING = 3
"""Handles reserved for a user who gave them up; of more, the first ones. Otherwise the thief of a
session could free its owner's name by giving up a few others after it."""

ACTIVITY_KEPT = timedelta(days=90)
"""How far an account's activity list reaches back: an absence of a season."""

REVOKED_KEY_KEPT = timedelta(days=30)
"""How long an API key that was revoked or has expired stays for the export, as ended sessions."""

ACTIVITY_ROWS = 30
"""Entries of that list on one page by default."""

ACTIVITY_ROWS_MOST = 100
"""Most entries of it on one page."""

IDEMPOTENCY_AGE = timedelta(days=1)
"""How long an answer is stored for a retry with the same key."""

IDEMPOTENCY_CHARS = 128
"""Longest Idempotency-Key; a UUID has 36."""

IDEMPOTENCY_FLIGHT = timedelta(seconds=60)
"""A request without an answer after this long died with its process: it may be sent again."""

REQUEST_SECONDS = 30
"""How long one request may take before it is answered 503; an export may take longer."""

# --- how often (requests, seconds) -----------------------------------------------------------
RATE_SECONDS = 1.0
"""How long a request waits to be counted: a hanging Redis delays nobody for longer."""

RATE_SOCKETS = (3_000, 60)
"""Sockets opened from one IP address: a hall of screens behind one router, after a restart."""

RATE_PAGES = (3_000, 60)
"""Requests outside the API of one IP address, per process: a first page load has some 20 files."""

ASKERS_REMEMBERED = 10_000
"""IP addresses whose requests outside the API are counted; of more, the most recent ones."""

REQUESTS_AT_ONCE = 32
"""Requests that one process works on at once, and sockets that it opens in addition: three for each
connection to PostgreSQL. Each may take a connection to Redis, and so a descriptor."""

REQUESTS_EACH = 8
"""Requests of one IP address among them: fewer than there are connections to PostgreSQL."""

BODIES_BYTES = 8 * 1024 * 1024
"""Bodies of one IP address in memory at once: they may arrive slowly, and by the hundred."""

RATE_AUTH_ADDRESS = (20, 60)
"""Challenges for one Bitcoin address: nobody signs faster."""

RATE_LINKS = (20, 3_600)
"""Links by one user: each may make the whole pool wait for a moment."""

MERGES_REST_AFTER_SECONDS, MERGES_REST_TIMES = 0.1, 20
"""After a merge longer than this, none follows for so many times as long: batches wait for it."""

RATE_KEYS_MADE = (40, 3_600)
"""API keys made by one user: each costs an argon2 hash."""

RATE_EXPORTS = (10, 3_600)
"""Exports by one user: each reads everything they have."""

RATE_WRITE = (120, 60)
"""Changes by one user: settings, keys, links."""

# --- jobs ----------------------------------------------------------------------------------
JOB_USERS = 1_000
"""Users that a job handles in one transaction: bounds how long their rows are locked."""

PARKED_USERS = 1_000
"""Users that a job may have parked: where it fails for more, the job is wrong, and fails."""

JOB_TIMEOUT_SECONDS = 3_600
"""A job that runs longer than this is stuck; the largest (verify) takes minutes."""

JOB_CATCH_UP_SECONDS = 600
"""How often the worker itself looks for overdue jobs, independently of the queue."""

JOB_OVERLAP = timedelta(hours=1)
"""How far before its mark a job looks: a transaction that began before the mark may commit after
it."""

SILENT_FOR = timedelta(minutes=2)
"""History that has earned nothing for this long has been read completely."""

TABLE_LOCK_SECONDS = 10
"""How long a change of registry, partitions or owners waits for batches: new ones wait for it."""

JOB_BYTES = 4_096
"""Size of a job in the queue, a name and a time; anything longer is not one of ours."""

JOB_TIME_MS = 10_000_000_000_000
"""Unix milliseconds of the year 2286: no job can have been enqueued later."""

SOON_SECONDS = 5
"""Interval of jobs whose absence people would notice: a page and its counts agree within this time.
Jobs that read much pause by themselves."""

JOBS_AT_ONCE = 4
"""Jobs that one worker runs concurrently; each holds a database connection."""

JOB_STOP_SECONDS = 10
"""The time that running jobs get to finish when the worker stops."""

PARTITIONS_AHEAD = 3
"""Future months that already have a partition of raw shares: the job may fail for that long."""

MISMATCHES_NAMED = 10
"""Users a failed check names; all are counted."""

SAID_AGAIN_SECONDS = 60.0
"""How often each kind of refusal is logged; the metrics count them all."""

SAID_ONCE = 20
"""Hosts or proxies that warnings name: an installation has a few, but strangers can make up any
number."""
