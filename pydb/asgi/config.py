"""What the middleware does: one frozen object of settings, checked when it is made."""

from __future__ import annotations

import fnmatch
import os
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import quote

from pydb.asgi.problem import PROBLEMS
from pydb.asgi.types import Scope

Decision = Literal["store", "release", "hold"]
Client = Callable[[Scope], str | Awaitable[str | None] | None]

_MEBIBYTE: Final = 1024 * 1024
_SCOPE_BYTES: Final = 255
# answers that mean "not now" or "not you": the same request may do better later
_TRY_AGAIN: Final = frozenset({401, 408, 425, 429})


def keep_final_answers(status: int | None) -> Decision:
    """Store what the application decided; release the key where it did not: 401, 408, 425, 429, 5xx, errors.

    ``status`` is None if the application raised, or ended without a whole response.
    """
    return "release" if status is None or status >= 500 or status in _TRY_AGAIN else "store"


def method_and_path(scope: Scope) -> str:
    """Name an operation by its method and path, for example ``POST /backtests/tune``."""
    path = quote(str(scope["path"]), safe="/:@!$&()*+,;=~-._", errors="surrogatepass")
    return f"{scope['method']} {path}"


def _fields(names: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(sorted({name.lower().encode() for name in names}))


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of :class:`~pydb.asgi.IdempotencyMiddleware`; stack two of those for two sets of paths.

    Attributes:
        methods: methods that are looked at, in capitals.
        paths: shell patterns of paths that are looked at; ``*`` also stands for slashes.
        applies: further condition on the ASGI scope of a request, or None.
        required: refuse a request without a key (400) instead of passing it through.
        header_names: spellings of the header, in any case.
        max_key_length: in characters, 255 at most.
        client: who sends the request, from the ASGI scope: a tenant or user that authentication put there.
            Keys of different clients never meet. Without it, or where it returns nothing, clients are told
            apart by ``credentials``: the same key with others of these is a credentials mismatch.
        operation: name of what is asked for; keys of different operations never meet.
        credentials: header names, see ``client``; ``cookie:NAME`` is one cookie out of all. Name the session
            cookie where others come and go, and none where clients are not to be told apart.
        fingerprint_headers: names of further headers that are part of the payload.
        hmac_key: makes stored fingerprints useless to who can read the table but has not this key.
        lease: how long the key is kept after the worker was last heard of; renewed while the handler runs.
            None = until it expires.
        ttl: life of a key from its first request; None = setting ``idempotency_ttl``.
        on_stale: when a lease has passed: ``takeover`` runs the handler again, ``hold`` answers 409 until an
            operator resolves the key.
        max_attempts: runs of the handler for one key at most; None = no bound.
        owner: name of this worker, for operators.
        wait: how long a duplicate waits for the request in progress before it is answered 409.
        poll_interval: longest pause between two looks of a waiter; it begins with a tenth of that.
        max_retry_after: largest ``Retry-After`` of a 409.
        max_request_body: bytes; beyond, 413.
        max_response_body: bytes; beyond, see ``on_overflow``.
        on_overflow: ``pass`` sends a response that is too large to be stored, ``refuse`` answers 500 instead.
            Either way a retry is answered 409 ``response-not-stored`` and does not run the handler.
        decide: what becomes of the key, by the status of the response; None = the handler raised. ``store``:
            retries get this response. ``release``: the next request runs the handler again. ``hold``: nothing
            is recorded, and when the lease has passed ``on_stale`` says what follows.
        dropped_headers: names of response headers that are sent but not stored.
        replayed_header: name of the header that marks a replay.
        on_unavailable: ``refuse`` answers 503 if the database cannot be asked, ``run`` goes on unprotected.
        database_timeout: for one call to the database, with the wait for a connection of the pool.
        record_for: how long recording an outcome is tried again if the database cannot be reached.
        statuses: other statuses for problems, by the name in :data:`~pydb.asgi.problem.PROBLEMS`.
        problem_prefix: beginning of the ``type`` of a problem, a URI.
    """

    methods: frozenset[str] = frozenset({"POST", "PATCH"})
    paths: tuple[str, ...] = ("*",)
    applies: Callable[[Scope], bool] | None = None
    required: bool = False
    header_names: tuple[str, ...] = ("Idempotency-Key", "X-Idempotency-Key")
    max_key_length: int = 255
    client: Client | None = None
    operation: Callable[[Scope], str] = method_and_path
    credentials: tuple[str, ...] = ("authorization", "cookie", "x-api-key")
    fingerprint_headers: tuple[str, ...] = ()
    hmac_key: bytes | None = field(default=None, repr=False)
    lease: timedelta | None = timedelta(seconds=30)
    ttl: timedelta | None = None
    on_stale: Literal["takeover", "hold"] = "takeover"
    max_attempts: int | None = None
    owner: str | None = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")
    wait: timedelta = timedelta(0)
    poll_interval: timedelta = timedelta(milliseconds=200)
    max_retry_after: timedelta = timedelta(seconds=5)
    max_request_body: int = _MEBIBYTE
    max_response_body: int = _MEBIBYTE
    on_overflow: Literal["pass", "refuse"] = "pass"
    decide: Callable[[int | None], Decision] = keep_final_answers
    dropped_headers: frozenset[str] = frozenset({"set-cookie"})
    replayed_header: str = "Idempotent-Replayed"
    on_unavailable: Literal["refuse", "run"] = "refuse"
    database_timeout: timedelta = timedelta(seconds=5)
    record_for: timedelta = timedelta(minutes=5)
    statuses: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    problem_prefix: str = "urn:pydb:idempotency:"

    def __post_init__(self) -> None:
        """Refuse what cannot work, when the application starts and not with the first request.

        Raises:
            ValueError: a setting is out of its bounds; the text names it.
        """
        zero = timedelta(0)
        wrong = {
            "methods": not self.methods or any(method != method.upper() for method in self.methods),
            "header_names": not self.header_names,
            "max_key_length": not 1 <= self.max_key_length <= 255,
            "lease": self.lease is not None and self.lease <= zero,
            "ttl": self.ttl is not None and self.ttl < timedelta(seconds=1),
            "on_stale": self.on_stale not in ("takeover", "hold"),
            "max_attempts": self.max_attempts is not None and self.max_attempts < 1,
            "wait": self.wait < zero,
            "poll_interval": self.poll_interval <= zero,
            "max_retry_after": self.max_retry_after <= zero,
            "max_request_body": self.max_request_body < 0,
            "max_response_body": self.max_response_body < 0,
            "on_overflow": self.on_overflow not in ("pass", "refuse"),
            "on_unavailable": self.on_unavailable not in ("refuse", "run"),
            "database_timeout": self.database_timeout <= zero,
            "record_for": self.record_for < zero,
            "statuses": any(
                name not in PROBLEMS or not 400 <= status <= 599 for name, status in self.statuses.items()
            ),
            "hmac_key": self.hmac_key is not None and not self.hmac_key,
            "credentials": any(
                (":" in name and not name.lower().startswith("cookie:")) or name.endswith(":")
                for name in self.credentials
            ),
        }
        for name, is_wrong in wrong.items():
            if is_wrong:
                shown = "…" if name == "hmac_key" else repr(getattr(self, name))
                raise ValueError(f"{name} of the idempotency middleware cannot be {shown}")

    def looks_at(self, scope: Scope) -> bool:
        """Tell whether a request is one for the middleware."""
        return (
            scope["method"] in self.methods
            and self._paths.match(str(scope["path"])) is not None
            and (self.applies is None or self.applies(scope))
        )

    def name_space(self, scope: Scope, client: str | None) -> str:
        """Return the scope of a key in the database, 255 bytes at most, different for different clients."""
        name = self.operation(scope)
        if client is not None:
            name = f"{quote(client, safe='@:._-')} {name}"
        raw = name.encode("utf-8", "backslashreplace")
        if len(raw) <= _SCOPE_BYTES and "\0" not in name:
            return raw.decode("utf-8")
        # names never hold a #, so a shortened one is none of another operation
        head = raw[:180].decode("utf-8", "ignore").replace("\0", "?")
        return f"{head}#{sha256(raw).hexdigest()}"

    @cached_property
    def header_fields(self) -> Mapping[bytes, str]:
        """Spellings of the header by what they are in header lines."""
        return {name.lower().encode("ascii"): name for name in self.header_names}

    @cached_property
    def compared(self) -> tuple[bytes, ...]:
        """Return the names of the headers that are part of the payload, sorted."""
        return _fields(self.fingerprint_headers)

    def told_apart(self, client: str | None) -> tuple[tuple[bytes, bytes], ...]:
        """Return headers, and cookies in them, that say who sends a request; none for a named client."""
        return self._credentials if client is None else ()

    @cached_property
    def _credentials(self) -> tuple[tuple[bytes, bytes], ...]:
        parts = (name.partition(":") for name in self.credentials)
        # names of headers have no case, those of cookies do
        return tuple(sorted({(header.lower().encode(), cookie.encode()) for header, _, cookie in parts}))

    @cached_property
    def _paths(self) -> re.Pattern[str]:
        return re.compile("|".join(fnmatch.translate(pattern) for pattern in self.paths))
