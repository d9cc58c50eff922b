"""What went wrong, in one line."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import asyncpg
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy.exc import SQLAlchemyError

from tbg.adapters.redis import cannot_write
from tbg.core.errors import CommandError, ServerAway
from tbg.core.settings import load_settings
from tbg.core.tx import disk_is_full, is_passing

_MEND = "start it (`tbg up` starts its own), or correct"

_LOGIN_REFUSED = ("28", "3D")
"""Classes of SQLSTATE: the role or its password is wrong; there is no such database."""

_MAKE_ROOM = "make room on that disk"


def told(error: BaseException) -> str:
    """Say which server is down, is full or refuses the connection, and what to do.

    Other errors are named.
    """
    cause = getattr(error, "orig", None) or error  # PostgreSQL's message, without SQLAlchemy's part
    line = str(cause).strip().partition("\n")[0][:300]
    if isinstance(error, ServerAway):
        return f"{line}: {_MEND} TBG_DATABASE_URL"
    if isinstance(error, RedisError) and cannot_write(error):
        return f"Redis{_at('redis_url')} cannot write to its disk ({line}): {_MAKE_ROOM}"
    if isinstance(error, RedisError):
        away = isinstance(error, RedisConnectionError | RedisTimeoutError)
        what = "does not answer" if away else "refuses the connection"
        return f"Redis{_at('redis_url')} {what} ({line}): {_MEND} TBG_REDIS_URL"
    if disk_is_full(error):
        return f"PostgreSQL{_at('database_url')} cannot write to its disk ({line}): {_MAKE_ROOM}"
    if isinstance(error, SQLAlchemyError | asyncpg.InterfaceError) and is_passing(error):
        return f"PostgreSQL{_at('database_url')} does not answer ({line}): see `tbg doctor`"
    if str(getattr(cause, "sqlstate", "")).startswith(_LOGIN_REFUSED):
        return (
            f"PostgreSQL{_at('database_url')} refuses the connection ({line}): correct "
            "TBG_DATABASE_URL"
        )
    return line if isinstance(error, CommandError) else f"{type(error).__name__}: {line}"


def _at(setting: str) -> str:
    """Where a server is, without its password; empty if no setting names it."""
    url = getattr(load_settings(), setting)
    if url is None:
        return ""
    found = urlsplit(url.get_secret_value())
    port = f":{found.port}" if found.port else ""
    socket = dict(parse_qsl(found.query)).get("host", found.path)  # PostgreSQL's, or Redis'
    return f" at {found.hostname or socket}{port}"
