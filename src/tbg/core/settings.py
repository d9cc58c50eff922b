"""Settings: environment (`TBG_…`), `.env`, `tbg.toml`, then those of the game that runs here.

Unknown keys are refused.

In the environment and in `.env`, which other programs use too, only `TBG_…` is read.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar, copy_context
from difflib import get_close_matches
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from tbg.core import limits
from tbg.core.errors import BadArguments, CannotRun
from tbg.core.running import NotOurs, Running, is_foreign, not_ours, running_in
from tbg.core.settings_files import Files

Network = Literal["mainnet", "testnet", "signet", "regtest"]
RateClass = Literal["strict", "standard", "relaxed"]
_RATE = r"^[1-9][0-9]{0,6}/[1-9][0-9]{0,5}$"
_PLACE = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")
_STRATUM = "stratum+tcp://"
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")


class Settings(BaseSettings):
    """What an operator may set; `tbg settings` lists each with value, source and meaning."""

    model_config = SettingsConfigDict(env_prefix="TBG_", extra="ignore", frozen=True)

    env: Literal["development", "production"] = Field(
        "development", description="production checks more before it starts"
    )
    database_url: SecretStr | None = Field(
        None, description="postgresql://… ; absent: the embedded server in data_dir"
    )
    owner_database_url: SecretStr | None = Field(
        None,
        description="the role that owns the tables, only for `tbg migrate`; "
        "absent: that of database_url",
    )
    redis_url: SecretStr | None = Field(
        None, description="redis://… (Redis 7 or Valkey 8/9); absent: the embedded server"
    )
    data_dir: Path = Field(Path(".tbg"), description="embedded servers, logs and local state")
    keys_dir: Path | None = Field(
        None, description="signing keys and the secret of this installation; absent: data_dir/keys"
    )
    trusted_proxies: str = Field(
        "", description="networks whose X-Forwarded-For is trusted, such as 10.0.0.0/8,127.0.0.1"
    )
    cors_origins: str = Field(
        "",
        description="origins whose pages may call the API with a token, such as https://a.example",
    )
    badge_packs: Path | None = Field(None, description="folder with additional badges (*.json)")
    quest_packs: Path | None = Field(None, description="folder with additional quests (*.json)")
    network: Network = Field("mainnet", description="the Bitcoin network of the addresses")
    public_url: str = Field("http://127.0.0.1:8000", description="where browsers reach the game")
    host: str = Field("127.0.0.1", description="address the API listens on; :: is IPv6 and IPv4")
    port: int = Field(8000, ge=0, le=65535, description="port the API listens on")
    metrics_host: str = Field("127.0.0.1", description="address on which metrics are served")
    metrics_port: int = Field(
        9464,
        ge=0,
        le=65500,
        description="first of the ports for Prometheus, one per service; 0: none",
    )
    consumers: int | None = Field(
        None,
        ge=0,
        le=16,
        description="how many `tbg ingest` `tbg up` starts; 0: everything but the page in one "
        "process; absent: chosen by cores and memory",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="lowest level that is logged"
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="one JSON object per line, or console"
    )
    rate_strict: str = Field(
        "60/60", pattern=_RATE, description="requests/seconds for an IP address when signing in"
    )
    rate_standard: str = Field(
        "600/60", pattern=_RATE, description="requests/seconds for a user or an API key"
    )
    rate_relaxed: str = Field(
        "1200/60", pattern=_RATE, description="requests/seconds for an IP address and the whole API"
    )
    demo: bool = Field(False, description="says on every page that the miners are simulated")
    pool_name: str = Field(
        "The Bitcoin Game", max_length=80, description="shown at the top of every page"
    )
    stratum_url: str | None = Field(
        None,
        max_length=273,  # stratum+tcp://, the longest name that DNS knows (253), and a port
        description="where miners reach the pool, such as stratum+tcp://pool.example:3333; "
        "shown on the page of an address without shares",
    )

    _game: Running | None = PrivateAttr(None)
    _no_game: str = PrivateAttr("")

    @property
    def game(self) -> Running | None:
        """The running game that provides the settings that were not set here."""
        return self._game

    def taken_from(self, game: Running) -> Settings:
        """Remember whose settings these are (`game.settings`: only those taken from it)."""
        self._game = game
        return self

    def without_game(self, why: str) -> Settings:
        """Remember why no game was found, for a command that needs its servers."""
        self._no_game = why
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - its name is pydantic's
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then `.env`, then `tbg.toml`."""
        toml = InitSettingsSource(settings_cls, dict(_FILES.get(Files()).toml))
        return init_settings, env_settings, _DotEnv(settings_cls), toml

    @field_validator("database_url", "owner_database_url")
    @classmethod
    def _postgres(cls, url: SecretStr | None) -> SecretStr | None:
        if url and urlsplit(url.get_secret_value()).scheme not in {"postgresql", "postgres"}:
            raise ValueError("must start with postgresql://")
        return url

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, url: SecretStr | None) -> SecretStr | None:
        if url and urlsplit(url.get_secret_value()).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("must start with redis://, rediss:// or unix://")
        return url

    @field_validator("public_url")
    @classmethod
    def _public(cls, url: str) -> str:
        found = urlsplit(url)
        if found.scheme not in {"http", "https"} or not _HOST.fullmatch(found.netloc):
            raise ValueError(
                "must be https:// and a host in ASCII (xn--…), with :port if necessary"
            )
        if (size := len(found.netloc)) > limits.PUBLIC_HOST_CHARS:
            raise ValueError(
                f"its host and port have {size} characters, but at most "
                f"{limits.PUBLIC_HOST_CHARS} are allowed: every message to sign contains them, "
                "and wallets accept no longer ones"
            )
        return url

    @field_validator("stratum_url")
    @classmethod
    def _stratum(cls, url: str | None) -> str | None:
        if not url:
            return None
        place = url.removeprefix(_STRATUM)
        found = _PLACE.fullmatch(place)
        if found is None or not 0 < int(found[2]) < 65_536:
            raise ValueError(f"must be a host and a port, such as {_STRATUM}pool.example:3333")
        return _STRATUM + place

    @model_validator(mode="after")
    def _production(self) -> Settings:
        if self.env == "production" and not self.public_url.startswith("https://"):
            raise ValueError("TBG_PUBLIC_URL must start with https:// in production")
        if self.env == "production" and any(o.startswith("http://") for o in self.origins):
            raise ValueError("TBG_CORS_ORIGINS must be https:// in production")
        return self

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, text: str) -> str:
        for part in _parts(text):
            ip_network(part)
        return text

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, text: str) -> str:
        for part in _parts(text):
            found = urlsplit(part)
            if found.scheme not in {"http", "https"} or f"{found.scheme}://{found.netloc}" != part:
                raise ValueError(f"{part} is not an origin: write https:// and a host")
        return text

    @cached_property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of trusted proxies."""
        return tuple(ip_network(part) for part in _parts(self.trusted_proxies))

    @cached_property
    def origins(self) -> tuple[str, ...]:
        """Origins of other people's pages that may call the API."""
        return tuple(_parts(self.cors_origins))

    def rate(self, name: RateClass) -> tuple[int, int]:
        """A class of rate limits: a number of requests in a number of seconds."""
        text: str = getattr(self, f"rate_{name}")
        requests, _, seconds = text.partition("/")
        return int(requests), int(seconds)

    @cached_property
    def keys(self) -> Path:
        """The folder of this installation's keys."""
        return self.keys_dir or self.data_dir / "keys"

    @cached_property
    def database(self) -> str:
        """The database URL in clear; if there is none, fails and says what to do."""
        return self._needed("database_url")

    @cached_property
    def owner_database(self) -> str | None:
        """The URL of the tables' owner in clear; None: one role does everything."""
        url = self.owner_database_url
        return url.get_secret_value() if url else None

    @cached_property
    def redis(self) -> str:
        """The Redis URL in clear; if there is none, fails and says what to do."""
        return self._needed("redis_url")

    def _needed(self, name: str) -> str:
        url: SecretStr | None = getattr(self, name)
        if url is None:
            raise CannotRun(self._no_game or f"TBG_{name.upper()} is not set")
        return url.get_secret_value()


_FILES: ContextVar[Files] = ContextVar("_FILES")
"""What `load_settings` has read."""


class _DotEnv(EnvSettingsSource):
    def _load_env_vars(self) -> Mapping[str, str | None]:
        return _FILES.get(Files()).dotenv


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


LISTENER = "TBG_LISTENER_FD"
"""In the environment of a `tbg serve` that `tbg up` starts: the descriptor of its socket."""

OF_A_PROCESS = {"log_level", "log_format"}
"""Settings that no command takes from the running game: each process writes its own log."""


def load_settings(*, beside: bool = True, **given: Any) -> Settings:
    """Read the settings; BadArguments names every key that is wrong or unknown.

    `beside`: settings that are set nowhere are those of the game that runs in the data folder,
    unless a URL that is set here names other servers.
    """
    try:
        files = Files.read()
        if unknown := list(_unknown(files)):
            raise BadArguments("; ".join(unknown))
        return copy_context().run(_load, files, beside, given)
    except ValidationError as error:
        raise BadArguments(_explain(error)) from None
    except tomllib.TOMLDecodeError as error:
        raise BadArguments(f"tbg.toml cannot be read: {error}") from None


def _load(files: Files, beside: bool, given: dict[str, Any]) -> Settings:
    _FILES.set(files)
    loaded = Settings(**given)
    return _beside(loaded, given) if beside else loaded


def data_root(loaded: Settings) -> Path:
    """The data folder, absolute; NotOurs if it is another user's and was not named by a setting."""
    root = loaded.data_dir.expanduser().resolve()
    if "data_dir" not in loaded.model_fields_set and root.exists() and is_foreign(root.stat()):
        raise NotOurs(f"{not_ours(root)}, or name it with --data if you trust it")
    return root


def _beside(loaded: Settings, given: dict[str, Any]) -> Settings:
    try:
        root = data_root(loaded)
        game = running_in(root, of_anybody="data_dir" in loaded.model_fields_set)
    except NotOurs as error:
        return loaded.without_game(str(error))  # irrelevant to a command that needs no server
    if game is None:
        return loaded.without_game(
            f"no game runs in {root}: start it (`tbg up`), name its folder (--data), or set "
            "TBG_DATABASE_URL and TBG_REDIS_URL"
        )
    if game.settings is None:
        return loaded.without_game(
            f"the game in {root} is still starting: try again in a few seconds"
        )
    if names_others(loaded, game.settings):
        return loaded
    free = set(Settings.model_fields) - loaded.model_fields_set - OF_A_PROCESS
    theirs = {
        name: value for name, value in game.settings.items() if name in free and value is not None
    }
    return Settings(**given, **theirs).taken_from(game._replace(settings=theirs))


def names_others(loaded: Settings, theirs: dict[str, Any]) -> bool:
    """Whether a URL that is set here differs from the running game's."""
    for name in ("database_url", "redis_url"):
        url: SecretStr | None = getattr(loaded, name)
        if url is not None and url.get_secret_value() != theirs.get(name):
            return True
    return False


def source(loaded: Settings, name: str) -> str:
    """Where a setting's value comes from, in words."""
    key = f"TBG_{name.upper()}"
    if key in os.environ:
        return "environment"
    files = Files.read()
    if key.lower() in files.dotenv:
        return ".env"
    if name in files.toml:
        return "tbg.toml"
    taken = loaded.game.settings if loaded.game else None
    return "the running game" if taken and name in taken else "default"


def as_recorded(settings: Settings, **actual: Any) -> dict[str, Any]:
    """Every setting as JSON can hold it, secrets in clear, paths absolute; `actual` goes before."""
    found = {name: getattr(settings, name) for name in Settings.model_fields} | actual
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value.expanduser().resolve()) if isinstance(value, Path) else value


# Read by the tests, by make, or by a process of the program that another has started.
_ELSEWHERE = {"TBG_TEST_DATABASE_URL", "TBG_TEST_REDIS_URL", LISTENER}


def _unknown(files: Files) -> Iterator[str]:
    """Every key of ours that is not a setting: where it is set, and what was probably meant."""
    fields = set(Settings.model_fields)
    known = {f"TBG_{name.upper()}" for name in fields}
    dotenv = [key.upper() for key in files.dotenv]
    for place, keys, names in (
        ("the environment", [key for key in os.environ if key.startswith("TBG_")], known),
        (".env", [key for key in dotenv if key.startswith("TBG_")], known),
        ("tbg.toml", files.toml, fields),
    ):
        for key in sorted(set(keys) - names - _ELSEWHERE):
            near = get_close_matches(key, names, n=1)
            meant = f"did you mean {near[0]}?" if near else "see docs/OPERATING.md for all settings"
            yield f"unknown setting {key} in {place}: {meant}"


def _explain(error: ValidationError) -> str:
    wrong = []
    for item in error.errors(include_input=False):
        name = "_".join(str(part) for part in item["loc"]).upper().removeprefix("TBG_")
        said = item["msg"].removeprefix("Value error, ")
        wrong.append(f"TBG_{name}: {said}" if name else said)
    return "; ".join(wrong)
