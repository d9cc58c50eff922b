"""Every bound of the program, with its reason. No other file holds a magic maximum."""

from datetime import timedelta

# --- events in -----------------------------------------------------------------------------
BATCH_EVENTS = 20_000
"""Events of one stream per transaction. Under load the same miners come again in a batch, and a
row that is changed once for many shares is what makes large batches cheap; about 20 MiB of real
shares."""

INGEST_LANES = 2
"""Batches in hand in one service: while PostgreSQL works on one, the other is read and decoded."""

EVENT_BYTES = 64 * 1024
"""One event's fields together; a real share is under 1 KiB."""

DIFFICULTY = 1e68
"""No share can have more: a hash of 1 has 2.7e67. Beyond it sums and rates would overflow."""

MINERS_REMEMBERED = 65_536
"""Miners whose address a consumer has checked and need not check again; some 20 MiB."""

EVENT_AHEAD = timedelta(minutes=5)
"""How far a producer's clock may run ahead of ours before the event is refused."""

EVENT_AGE = timedelta(days=90)
"""A live event older than this is too late; history has no age limit."""

HISTORY_AFTER = timedelta(days=1)
"""What a collector reads that is older than this it marks as history."""

RAW_SHARE_AGE = timedelta(days=90)
"""Raw shares are kept this long; rollups, bests and the ledger for ever."""

KEY_AGE = timedelta(days=100)
"""Event keys are kept longer than any live event may be late."""

EVENT_FAILURES = 5
"""Failures of one event tried by itself before it goes to the dead letters."""

READ_BLOCK_MS = 1_000
"""How long one read waits for events; bounds how late a stop signal is seen."""

CLAIM_IDLE_MS = 5_000
"""A pending entry untouched this long belongs to a dead consumer: a batch takes far less."""

CONSUMER_IDLE_MS = 3_600_000
"""A consumer silent for an hour with nothing pending is taken off the group."""

BATCH_BYTES = 64 * 1024 * 1024
"""Entries of one batch together: a batch of real shares has 6 MiB, 20,000 large ones 1.2 GiB."""

READ_STEP = 1_000
"""Entries read at once on the way to a batch, and weighed before the next."""

STREAM_BACKLOG = 1_000_000
"""Entries waiting before producers hold back (1 GiB of Redis): a pool's logs keep the rest."""

STREAM_AHEAD_MS = 3_600_000
"""An id further ahead of the clock was chosen by a producer: the stream goes on from now."""

DEAD_LETTERS = 10_000
"""Dead letters that stay in Redis; older ones are moved to a file, so that none fills it."""

DEAD_LETTER_BYTES = 64 * 1024 * 1024
"""What they may take of Redis: each may have an event of 64 KiB, and some more for its escapes."""

KEPT_BYTES = 64 * 1024 * 1024
"""A file of lines kept for a person to look at: quarantined ones, or old dead letters."""

WORKER_NAME_BYTES = 1_024
"""Longest worker name that is kept whole."""

TEXT_CHARS = 256
"""Longest agent, reject reason, source or other short text of an event; longer is cut."""

EVENT_ID_BYTES = 256
"""Longest event id a producer may send."""

# --- transactions --------------------------------------------------------------------------
RETRY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Waits between tries while the database is away; the last one repeats."""

STATEMENT_TIMEOUT_MS = 60_000
"""No statement of the services may hold locks longer than this."""

PAGE_ROWS = 1_000
"""Rows in memory of a read that may give millions: an export of every share is one."""

# --- rollups -------------------------------------------------------------------------------
ROLLUP_BATCHES = 16
"""Batches folded into the rollups in one transaction: bounds its memory (≈ 320,000 shares)."""

ROLLUP_PAUSE_SECONDS = 1.0
"""How often the rollups look for new batches; what pages show of them is this late."""

# --- outbox and frames ---------------------------------------------------------------------
RELAY_BATCH = 500
"""Messages handed over in one transaction."""

RELAY_ATTEMPTS = 10
"""Tries of one handler with one message before that delivery is parked for a person to look at."""

LOOK_SECONDS = 5.0
"""How often ingest measures what waits, and trims."""

RELAY_SWEEP_SECONDS = 1.0
"""How often the relay looks by itself, for nudges that were lost."""

OUTBOX_KEPT = timedelta(days=7)
"""How long delivered messages stay for the curious."""

FRAMES_KEPT = timedelta(days=7)
"""How long a browser may have been away and still resume without a snapshot."""

FRAMES_PER_BATCH = 500
"""Ephemeral frames published after one batch; more would drown every listener."""

PULSE = timedelta(milliseconds=500)
"""How often the pool's sums are shown to everybody who watches the pool."""

SOCKET_QUEUE = 256
"""Frames waiting for one slow socket before it is closed with 1013."""

SOCKET_FRAME_BYTES = 16 * 1024
"""Largest frame a client may send."""

SOCKET_FRAGMENTS = 64
"""Fragments of one message: browsers send ours, of a few hundred bytes, in one."""

SOCKET_LINGER_SECONDS = 1.0
"""How long a socket that was refused may take to read why, before the line is cut: what it still
sends is thrown away unread."""

SOCKET_LOOK_SECONDS = 30.0
"""How long a page that was closed may still be watched by who watched it before."""

SOCKET_SUBJECTS = 50
"""Public subjects one socket may follow."""

SOCKET_FRAMES_PER_SECOND = 20
"""Frames of any kind a client may send per second, pings and fragments too, over ten seconds."""

SOCKET_SEND_SECONDS = 10
"""A socket that takes longer than this for one frame is dead."""

SOCKET_FRAMES = 10 * SOCKET_FRAMES_PER_SECOND
"""Frames a client may send at once: a burst after a reconnect is no flood."""

FRAMES_BY_ADDRESS = 100
"""So many times that, all sockets of an IP address: 2,000 screens at rest send 80 a second."""

SOCKET_BUFFER_BYTES = 32 * 1024
"""Bytes the server itself holds for one socket before it waits; the kernel holds more."""

SOCKETS = 20_000
"""Sockets one process serves (≤ 30 KiB each); more are sent to another one with 1013."""

TELL_SECONDS = 1.0
"""How long an answer waits until sockets are told of what it changed; else they find out later."""

SUBSCRIBE_SECONDS = 2.0
"""How long a socket waits for Redis to confirm; after that it is told once Redis is back."""

# --- connections ---------------------------------------------------------------------------
# A phone at the edge of 2G sends and reads some 3 KB/s, and is silent for 20 s in a tunnel.
CONNECTIONS = 24_000
"""Connections one process has at once: its WebSockets, and requests beside them."""

CONNECTIONS_BY_ADDRESS = 2_000
"""Connections of one IP address (of one network of IPv6) that is no trusted proxy, never more than
a quarter of all: a hall of screens behind one router."""

DESCRIPTORS_KEPT = 256
"""Descriptors kept from clients: for PostgreSQL, Redis, files, and those who are refused."""

CONNECTIONS_LOOK_SECONDS = 1.0
"""How often it is looked who takes too long."""

REFUSALS_LOGGED_SECONDS = 60.0
"""How often the log has a line on each kind of refused connection: the metrics count them all."""

HEAD_SECONDS = 30.0
"""How long a request's head may take, and a new connection be silent; browsers open some ahead."""

HEAD_BYTES = 32 * 1024
"""Largest request line and headers, with 32 bytes more a header; our cookies take 2 KiB."""

BODY_SECONDS = 60.0
"""How long a request's body may take, on every path; those of the game have a few KiB."""

READ_SECONDS = 60.0
"""A client that for so long …"""

READ_BYTES = 4 * 1024
"""… takes less than this of an answer that waits for it is gone."""

KEEP_ALIVE_SECONDS = 5
"""How long a connection is kept for another request."""

PIPELINED = 8
"""Requests that may wait behind one that is being answered; browsers send none so."""

BODY_PIECES = 2_048
"""Chunks, or packets, that a body may come in: each costs as much as a KiB, however small."""

METRICS_SECONDS = 10.0
"""How long Prometheus may take to ask for metrics and read them."""

METRICS_AT_ONCE = 8
"""Readers of metrics at once: each has a thread."""

# --- reading -------------------------------------------------------------------------------
REQUEST_BYTES = 1024 * 1024
"""Largest request body."""

MESSAGE_BYTES = HEAD_BYTES + 2 * REQUEST_BYTES
"""Bytes of a whole request on the wire: what is behind a body that was refused is read no
further, and chunks may not be all wrapping."""

FEED_ITEMS = 30
"""Items in a miner's feed."""

POOL_FEED_ITEMS = 20
"""Items in the pool's feed on the landing page."""

CALENDAR_WEEKS = 52
"""Weeks of a miner's calendar: a year of tiles."""

WALL_TILES = 60
"""Miners shown on the landing page's wall."""

WALL_CANDIDATES = 100 * WALL_TILES
"""Workers seen last, among whom the wall's miners are looked for: a farm has many workers."""

POOL_STATS_SECONDS = 2.0
"""How long the pool's numbers are kept: viewers by the thousand cost no more than one."""

POOL_STATS_SHARE = 0.02
"""Share of one connection's time they may take: what took 300 ms is kept for 15 s."""

RECENT_EARNERS = 20
"""Earners listed with a badge."""

WORKER_ONLINE = timedelta(minutes=5)
"""A worker without a share for this long is offline."""

WORKERS_SHOWN = 50
"""Workers listed on a miner's public page."""

DATABASE_CONNECTIONS = 10
"""Connections one process keeps."""

CHECK_SECONDS = 2.0
"""How long one readiness check may take before it counts as failed."""

READINESS_SECONDS = 1.0
"""How long readiness is kept: whoever asks often, the servers are asked once a second."""

INGEST_LAG_SECONDS = 300
"""Oldest entry that waits in the streams before the process says it is not ready."""

DISK_FREE_BYTES = 64 * 1024 * 1024
"""Free space below which the process says it is not ready; a WAL segment is 16 MiB."""

SHUTDOWN_SECONDS = 5
"""How long requests in hand may take once the API was told to stop."""

# --- signing in ----------------------------------------------------------------------------
PUBLIC_HOST_CHARS = 40
"""Longest host and port in the public URL. They begin every message to sign, and with longer ones
a message about two addresses would pass the 240 characters that some wallets take at the most."""

CHALLENGE_AGE = timedelta(minutes=5)
"""How long a message may take to be signed: a hardware wallet is fetched from its drawer."""

APPROVAL_AGE = timedelta(minutes=5)
"""How long a signed approval may wait for what it approves: the new address signs meanwhile."""

ACCESS_TOKEN_AGE = timedelta(minutes=15)
"""An access token's life; a stolen one is of use for no longer."""

SESSION_AGE = timedelta(days=30)
"""A session ends after this, however often it was used: then the address is proved again."""

SESSION_TOLD = timedelta(days=30)
"""A session that was ended is shown to its player for so long, with the reason."""

SESSIONS = 20
"""Sessions one user has at once; the one unused longest makes room."""

TOKEN_CHARS = 4_096
"""Longest token that is looked at; ours are under 1 KiB."""

CLOCK_LEEWAY = timedelta(seconds=5)
"""How far the clocks of two machines that share keys may be apart."""

KEY_SETTLES = timedelta(minutes=2)
"""A new signing key is published this long before it signs, so that all have seen it."""

KEYS_READ_SECONDS = 10.0
"""How often a process looks for new keys; much more often than they settle."""

JWKS_SECONDS = 60
"""How long others may keep our public keys: less than a new one takes to settle."""

API_KEYS = 20
"""API keys one user has at once."""

API_KEYS_REMEMBERED = 10_000
"""Keys whose argon2 hash a process verified lately; about 2 MiB."""

ARGON2_THREADS = 2
"""argon2 computations at once: each takes 19 MiB and a core."""

ADDRESSES = 50
"""Addresses one user links: a farm's pool accounts, and what one socket can follow."""

EXPORTS_AT_ONCE = 2
"""Exports one process writes at once: each holds a connection until it is written."""

DELETION_AFTER = timedelta(days=7)
"""How long a deleted account may be taken back."""

HANDLE_RESTS = timedelta(days=30)
"""How long a handle that was given up is kept from others, who might pass for its owner."""

HANDLES_RESTING = 3
"""Handles kept for one who gave them up; of more, those given up first. Else whoever has stolen a
session could free its owner's name by giving up a few others after it."""

ACTIVITY_KEPT = timedelta(days=90)
"""How long an account's own list of what was done to it reaches back: a season's absence."""

REVOKED_KEY_KEPT = timedelta(days=30)
"""How long an API key that was revoked or has expired stays for the export, as ended sessions."""

ACTIVITY_ROWS = 30
"""Entries of that list on one page, unless more are asked for."""

ACTIVITY_ROWS_MOST = 100
"""Entries of it on one page at the most."""

IDEMPOTENCY_AGE = timedelta(days=1)
"""How long an answer is kept for somebody who asks again with the same key."""

IDEMPOTENCY_CHARS = 128
"""Longest Idempotency-Key; a UUID has 36."""

IDEMPOTENCY_FLIGHT = timedelta(seconds=60)
"""A request that has not answered after this long died with its process: it may be sent again."""

REQUEST_SECONDS = 30
"""How long one request may take before it is answered 503; an export may take longer."""

# --- how often (requests, seconds) -----------------------------------------------------------
RATE_SECONDS = 1.0
"""How long a request waits to be counted: a Redis that hangs holds up nobody for longer."""

RATE_SOCKETS = (3_000, 60)
"""Sockets opened from one IP address: a hall of screens behind one router, after a restart."""

RATE_PAGES = (3_000, 60)
"""Requests outside the API of one IP address, by one process: a page has some 20 files at first."""

ASKERS_REMEMBERED = 10_000
"""IP addresses whose requests outside the API are counted; of more, those that asked last."""

REQUESTS_AT_ONCE = 32
"""Requests one process works on at once, and sockets it opens beside them: three for each
connection to PostgreSQL. Each may take a connection to Redis, and so a descriptor."""

REQUESTS_EACH = 8
"""Requests of one IP address among them: fewer than there are connections to PostgreSQL."""

BODIES_BYTES = 8 * 1024 * 1024
"""Bodies of one IP address that are held in memory at once: they come slowly, and in hundreds."""

RATE_AUTH_ADDRESS = (20, 60)
"""Challenges for one Bitcoin address: nobody signs faster."""

RATE_LINKS = (20, 3_600)
"""Links by one user: each may make the whole pool wait for a moment."""

RATE_KEYS_MADE = (40, 3_600)
"""API keys made by one user: each costs an argon2 hash."""

RATE_EXPORTS = (10, 3_600)
"""Exports by one user: each reads everything he has."""

RATE_WRITE = (120, 60)
"""Changes by one user: settings, keys, links."""

# --- jobs ----------------------------------------------------------------------------------
JOB_USERS = 1_000
"""Users a job takes through one transaction: bounds how long their rows are locked."""

PARKED_USERS = 1_000
"""Users that a job may have parked: where it fails for more, the job is wrong, and fails."""

JOB_TIMEOUT_SECONDS = 3_600
"""A job that runs longer than this is stuck; the largest (verify) takes minutes."""

JOB_CATCH_UP_SECONDS = 600
"""How often the worker itself looks for jobs that are overdue, whatever the queue says."""

JOB_OVERLAP = timedelta(hours=1)
"""How far behind its mark a job looks: a transaction begun before it may commit after it."""

SILENT_FOR = timedelta(minutes=2)
"""History that has earned nothing for this long has been read to its end."""

TABLE_LOCK_SECONDS = 10
"""How long a change of the registry, of the partitions or of who is who waits for batches in hand:
new ones wait behind it."""

JOB_BYTES = 4_096
"""A job in the queue: a name and a time; what is longer is not one of ours."""

JOB_TIME_MS = 10_000_000_000_000
"""Unix milliseconds of the year 2286: a job cannot have been put in later than time can tell."""

SOON_SECONDS = 5
"""How far apart the jobs are that people would otherwise see missing: a page and its counts agree
within as long. Where they read much, they rest by themselves."""

JOBS_AT_ONCE = 4
"""Jobs one worker runs side by side; each holds a database connection."""

JOB_STOP_SECONDS = 10
"""What jobs in hand get to finish when the worker is told to stop."""

PARTITIONS_AHEAD = 3
"""Months to come that have a partition of raw shares already: a keeper may be away that long."""

MISMATCHES_NAMED = 10
"""Users a failed check names; all are counted."""

SAID_ONCE = 20
"""Hosts, or proxies, that a warning names: a set-up has a few, and strangers may make up any."""
