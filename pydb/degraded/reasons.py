"""Why a provider did not answer: by the type of the error and the status of a response, never by its text."""

from __future__ import annotations

import asyncio
import concurrent.futures
import socket
import ssl
from typing import Final

REASONS: Final[dict[str, str]] = {
    "timeout": "did not answer in time",
    "refused": "refused the connection",
    "connection": "could not be reached",
    "rate_limited": "does not take more requests at the moment",
    "server_error": "has an error of its own",
    "client_error": "does not accept the request",
    "cancelled": "was cancelled before it answered",
    "busy": "is still at work on earlier requests",
    "error": "failed",
}
"""Reason codes, each with what ``message`` says after the name of the provider."""

# classes of libraries that need not be installed: module (or its beginning) and name
_TIMEOUTS: Final = {
    ("httpx", "TimeoutException"),
    ("httpcore", "TimeoutException"),
    ("requests.exceptions", "Timeout"),
    ("urllib3.exceptions", "TimeoutError"),
    ("aiohttp.client_exceptions", "ServerTimeoutError"),
    ("psycopg_pool.errors", "PoolTimeout"),
    ("psycopg.errors", "ConnectionTimeout"),
    ("psycopg.errors", "QueryCanceled"),
    ("psycopg.errors", "LockNotAvailable"),
    ("openai", "APITimeoutError"),
    ("anthropic", "APITimeoutError"),
    ("redis.exceptions", "TimeoutError"),
    ("botocore.exceptions", "ReadTimeoutError"),
    ("botocore.exceptions", "ConnectTimeoutError"),
}
_CONNECTIONS: Final = {
    ("httpx", "TransportError"),
    ("httpcore", "NetworkError"),
    ("requests.exceptions", "ConnectionError"),
    ("urllib3.exceptions", "HTTPError"),
    ("aiohttp.client_exceptions", "ClientConnectionError"),
    ("psycopg", "OperationalError"),
    ("openai", "APIConnectionError"),
    ("anthropic", "APIConnectionError"),
    ("redis.exceptions", "ConnectionError"),
    ("botocore.exceptions", "ConnectionError"),
    ("pydb.errors", "DatabaseUnavailable"),
}
_SELF: Final = (TimeoutError, concurrent.futures.TimeoutError)


def reason_of(error: BaseException) -> str:
    """One of :data:`REASONS` for an error: what it was raised from counts where it says more."""
    status = _status(error)
    if status is not None:
        return _of_status(status)
    if isinstance(error, _SELF) or _is_one_of(error, _TIMEOUTS):
        return "timeout"
    if isinstance(error, asyncio.CancelledError | concurrent.futures.CancelledError):
        return "cancelled"
    if isinstance(error, OSError) or _is_one_of(error, _CONNECTIONS):
        return _of_connection(error)
    return "error"


def _of_connection(error: BaseException) -> str:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        if isinstance(one, ConnectionRefusedError):
            return "refused"
        if isinstance(one, TimeoutError):
            return "timeout"
        one = one.__cause__ or one.__context__
    if isinstance(error, OSError) and not isinstance(error, ConnectionError | socket.gaierror | ssl.SSLError):
        # a file that is not there is no connection
        return "connection" if not _is_file(error) else "error"
    return "connection"


def _is_file(error: OSError) -> bool:
    return isinstance(
        error, FileNotFoundError | FileExistsError | IsADirectoryError | NotADirectoryError | PermissionError
    )


def _of_status(status: int) -> str:
    if status == 429:
        return "rate_limited"
    if status in (408, 504):
        return "timeout"
    return "server_error" if status >= 500 else "client_error"


def _status(error: BaseException) -> int | None:
    """The HTTP status that an error carries: of its response, or of itself; 400 to 599, else None."""
    response = getattr(error, "response", None)
    for holder, names in ((response, ("status_code", "status")), (error, ("status_code", "status", "code"))):
        for name in names:
            value = getattr(holder, name, None)
            if isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599:
                return int(value)
    return None


def _is_one_of(error: BaseException, known: set[tuple[str, str]]) -> bool:
    for one in type(error).__mro__:
        module = one.__module__ or ""
        for place, name in known:
            if one.__name__ == name and (module == place or module.startswith((place + ".", "_" + place))):
                return True
    return False
