"""Settings of ``pydb serve``: read from the environment once, refused when wrong, listed in one table.

:data:`TABLE` is that table: what ``docs/serve.md`` shows, and what :meth:`Settings.from_environ` reads.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX: Final = "PYDB_SERVE_"
LEAST_TOKEN: Final = 16
_SIZES: Final = {"": 1, "B": 1, "KB": 1000, "MB": 1000**2}
_SPANS: Final = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_HOST: Final = re.compile(r"\*|(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\]")
_ORIGIN: Final = re.compile(r"https?://(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server does. Times are seconds, sizes are bytes.

    ``dsn`` None: libpq's variables. ``read_dsn`` None: pages read with ``dsn``. Without ``token`` and
    ``token_file`` nobody can sign in: ``pydb serve`` makes a token and prints it.
    """

    dsn: str | None = None
    read_dsn: str | None = None
    host: str = "127.0.0.1"
    port: int = 8432
    token: str | None = None
    token_file: Path | None = None
    read_only: bool = False
    metrics: str = "auto"
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    session: float = 12 * 3600.0
    secure: str = "auto"
    statement_timeout: float = 2.0
    plan_timeout: float = 60.0
    connections: int = 6
    workers: int = 2
    publish: bool = True
    rate: int = 600
    concurrency: int = 16
    body_limit: int = 64_000
    slow: float = 10.0
    drain: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what cannot work together."""
        if self.token is not None and self.token_file is not None:
            raise _refused("TOKEN", None, "give a token or a file of tokens, not both")
        if self.token is not None and len(self.token) < LEAST_TOKEN:
            raise _refused("TOKEN", None, f"a token has at least {LEAST_TOKEN} characters")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], **given: object) -> Settings:
        """Read ``PYDB_DSN`` and all ``PYDB_SERVE_…``; ``given`` (not None) comes first.

        Raises :class:`~pydb.errors.UsageError` for an unknown variable or a value that cannot be.
        """
        known = {row.variable for row in TABLE}
        for name in environ:
            if name.startswith(PREFIX) and name not in known:
                raise UsageError(
                    f"{name} is no setting of pydb serve",
                    detail=f"There are: {', '.join(sorted(known))}.",
                    hint="pydb serve --help",
                )
        found: dict[str, object] = {}
        for row in TABLE:
            value = environ.get(row.variable, "")
            if given.get(row.name) is not None:
                found[row.name] = row.parse(row.variable, str(given[row.name]))
            elif value != "":
                found[row.name] = row.parse(row.variable, value)
        if "token_file" in found and given.get("token_file") is not None:
            found.pop("token", None)
        return cls(**found)  # type: ignore[arg-type]

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def has_open_metrics(self) -> bool:
        """Whether ``/metrics`` asks for no token."""
        # names that it answers to are those of a proxy, or of an application that mounts it
        is_local = self.is_loopback and not self.hosts
        return self.metrics == "open" or (self.metrics == "auto" and is_local)


@dataclass(frozen=True, slots=True)
class Row:
    """One setting: its variable, what it may be, its default as text, what it does."""

    name: str
    variable: str
    what: str
    default: str
    meaning: str
    parse: Callable[[str, str], object]


def _refused(variable: str, value: str | None, wanted: str) -> UsageError:
    name = variable if variable.startswith("PYDB_") else PREFIX + variable
    shown = "" if value is None else f" {value!r}"
    return UsageError(
        f"{name} cannot be{shown}", detail=f"{wanted}.", hint="docs/serve.md lists the settings"
    )


def _text(_variable: str, value: str) -> str:
    return value


def _token(variable: str, value: str) -> str:
    if len(value) < LEAST_TOKEN or not value.isascii() or any(c.isspace() for c in value):
        raise _refused(
            variable, None, f"at least {LEAST_TOKEN} ASCII characters without blanks"
        )  # it is not shown
    return value


def _path(_variable: str, value: str) -> Path:
    return Path(value)


def _flag(variable: str, value: str) -> bool:
    word = value.strip().lower()
    if word not in ("1", "0", "on", "off", "true", "false", "yes", "no"):
        raise _refused(variable, value, "on or off")
    return word in ("1", "on", "true", "yes")


def _choice(*words: str) -> Callable[[str, str], str]:
    def parse(variable: str, value: str) -> str:
        if value not in words:
            raise _refused(variable, value, ", ".join(words[:-1]) + f" or {words[-1]}")
        return value

    return parse


def _number(least: int, most: int) -> Callable[[str, str], int]:
    def parse(variable: str, value: str) -> int:
        if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or not least <= int(value) <= most:
            raise _refused(variable, value, f"a whole number, {least} to {most}")
        return int(value)

    return parse


def _span(least: float, most: float, bounds: str) -> Callable[[str, str], float]:
    def parse(variable: str, value: str) -> float:
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|min|h|d)", value, re.ASCII)
        seconds = float(found[1]) * _SPANS[found[2]] if found else -1.0
        if not least <= seconds <= most:
            raise _refused(variable, value, f"a time with its unit (ms, s, min, h, d), {bounds}")
        return seconds

    return parse


def _size(variable: str, value: str) -> int:
    found = re.fullmatch(r"(\d{1,9}) ?(B|kB|KB|MB)?", value, re.ASCII)
    size = int(found[1]) * _SIZES[(found[2] or "").upper()] if found else 0
    if not 1000 <= size <= 10_000_000:
        raise _refused(variable, value, "a size in bytes, kB or MB, 1 kB to 10 MB")
    return size


def _list(pattern: re.Pattern[str], wanted: str) -> Callable[[str, str], tuple[str, ...]]:
    def parse(variable: str, value: str) -> tuple[str, ...]:
        words = tuple(word.lower() for word in re.split(r"[,\s]+", value.strip()) if word)
        for word in words:
            if not pattern.fullmatch(word):
                raise _refused(variable, word, wanted)
        return words

    return parse


TABLE: Final[tuple[Row, ...]] = (
    Row(
        "dsn",
        "PYDB_DSN",
        "URI or key/value text",
        "libpq's variables",
        "The database; actions run as its login.",
        _text,
    ),
    Row(
        "read_dsn",
        PREFIX + "READ_DSN",
        "URI or key/value text",
        "`PYDB_DSN`",
        "What pages read with: a login of `pydb_monitor` is enough for all but the audit log.",
        _text,
    ),
    Row("host", PREFIX + "HOST", "address or name", "`127.0.0.1`", "Where it listens.", _text),
    Row(
        "port",
        PREFIX + "PORT",
        "0 to 65535",
        "`8432`",
        "On which port; 0 takes a free one.",
        _number(0, 65535),
    ),
    Row(
        "token",
        PREFIX + "TOKEN",
        f"at least {LEAST_TOKEN} characters",
        "a new one, printed",
        "The admin token.",
        _token,
    ),
    Row(
        "token_file",
        PREFIX + "TOKEN_FILE",
        "path",
        "none",
        "Tokens, one a line: `TOKEN [WORKSPACE] [read]`. It is read again when it changes.",
        _path,
    ),
    Row("read_only", PREFIX + "READ_ONLY", "on, off", "`off`", "Refuse every action, for everybody.", _flag),
    Row(
        "metrics",
        PREFIX + "METRICS",
        "auto, open, token",
        "`auto`",
        "Who may read `/metrics`: `auto` is everybody on a loopback address without `PYDB_SERVE_HOSTS`, "
        "else a token.",
        _choice("auto", "open", "token"),
    ),
    Row(
        "hosts",
        PREFIX + "HOSTS",
        "names, by commas",
        "localhost and the address",
        "Host names that requests may come to; `*.example.org` for all below, `*` for all.",
        _list(_HOST, "a host name without a port, *.example.org or *"),
    ),
    Row(
        "origins",
        PREFIX + "ORIGINS",
        "origins, by commas",
        "none",
        "Other origins whose scripts may call the API, with a token in the header (CORS).",
        _list(_ORIGIN, "an origin such as https://admin.example.org"),
    ),
    Row(
        "session",
        PREFIX + "SESSION",
        "1 min to 30 d",
        "`12 h`",
        "How long a sign-in holds.",
        _span(60, 30 * 86400, "1 min to 30 d"),
    ),
    Row(
        "secure",
        PREFIX + "SECURE",
        "auto, on, off",
        "`auto`",
        "The cookie goes over HTTPS only; `auto`: where the request came so.",
        _choice("auto", "on", "off"),
    ),
    Row(
        "statement_timeout",
        PREFIX + "STATEMENT_TIMEOUT",
        "100 ms to 60 s",
        "`2 s`",
        "The longest that one look of a page may take in the database.",
        _span(0.1, 60, "100 ms to 60 s"),
    ),
    Row(
        "plan_timeout",
        PREFIX + "PLAN_TIMEOUT",
        "1 s to 1 h",
        "`60 s`",
        "The longest that the counting of a plan may take.",
        _span(1, 3600, "1 s to 1 h"),
    ),
    Row(
        "connections",
        PREFIX + "CONNECTIONS",
        "1 to 100",
        "`6`",
        "Connections that pages share.",
        _number(1, 100),
    ),
    Row(
        "workers",
        PREFIX + "WORKERS",
        "1 to 16",
        "`2`",
        "Runs started here that are at work at once; others wait.",
        _number(1, 16),
    ),
    Row(
        "publish",
        PREFIX + "PUBLISH",
        "on, off",
        "`on`",
        "Publish events, beside whoever else does; not where it is read-only.",
        _flag,
    ),
    Row(
        "rate",
        PREFIX + "RATE",
        "1 to 1000000",
        "`600`",
        "Requests a minute of one workspace, or of one address that has not signed in.",
        _number(1, 1_000_000),
    ),
    Row(
        "concurrency",
        PREFIX + "CONCURRENCY",
        "1 to 1000",
        "`16`",
        "Requests of one workspace that are answered at once.",
        _number(1, 1000),
    ),
    Row(
        "body_limit",
        PREFIX + "BODY_LIMIT",
        "1 kB to 10 MB",
        "`64 kB`",
        "The largest body of a request.",
        _size,
    ),
    Row(
        "slow",
        PREFIX + "SLOW",
        "1 s to 5 min",
        "`10 s`",
        "How long a client may take to send a request.",
        _span(1, 300, "1 s to 5 min"),
    ),
    Row(
        "drain",
        PREFIX + "DRAIN",
        "0 s to 1 h",
        "`10 s`",
        "How long the end of the server waits for requests and runs; then runs are cancelled.",
        _span(0, 3600, "0 s to 1 h"),
    ),
)
