"""Who is asking: tokens, sessions after them, and what binds a form to its session.

A token is compared in constant time, with every token that there is. A session is a signed cookie; its key is
derived from its token, so that it needs no secret of its own and ends with the token. Which sessions were
signed out is known in memory alone; so that a restart brings none of them back, it ends all.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydb.errors import UsageError
from pydb.web.settings import LEAST_TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

COOKIE: Final = "pydb_session"
_WORKSPACE: Final = re.compile(r"[A-Za-z0-9_.-]{1,63}")
_MOST_TOKENS: Final = 1000
_LONGEST: Final = 512


@dataclass(frozen=True, slots=True)
class Token:
    """A token by its digest; ``key`` signs what was given out to who has it."""

    digest: bytes
    key: bytes
    workspace: str = "default"
    may_act: bool = True

    @property
    def name(self) -> str:
        """What a cookie calls it: it tells nothing of the token."""
        return hashlib.sha256(b"name" + self.digest).hexdigest()[:16]


def token_of(text: str, workspace: str = "default", *, may_act: bool = True) -> Token:
    """The token with this text."""
    raw = text.encode()
    key = hmac.digest(raw, b"pydb serve: sessions and forms", "sha256")
    return Token(hashlib.sha256(raw).digest(), key, workspace, may_act)


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking. ``who`` is what he says of himself; ``nonce``: of his session, None with a token.

    ``issued``: when that began, in milliseconds.
    """

    token: Token
    who: str
    nonce: str | None = None
    issued: int = 0

    @property
    def form_key(self) -> str:
        """What each form of this session carries."""
        return _sign(self.token.key, f"form:{self.nonce}".encode())


class Tokens:
    """The tokens that are good now: one from the settings, or those of a file, read again when it changes."""

    def __init__(self, token: str | None, path: Path | None) -> None:
        self._fixed = () if token is None else (token_of(token),)
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] | None = None
        self._read: tuple[Token, ...] = ()
        if path is not None:
            self.current()

    def current(self) -> tuple[Token, ...]:
        """All that are good now; :class:`~pydb.errors.UsageError` if the file cannot be used."""
        if self._path is None:
            return self._fixed
        with self._lock:
            try:
                found = self._path.stat()
                seen = (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode)
                if seen != self._seen:
                    self._read = _parse(self._path, stat.S_IMODE(found.st_mode))
                    self._seen = seen
            except OSError as error:
                raise _unusable(self._path, os.strerror(error.errno or 0)) from None
            return self._read

    def find(self, text: str) -> Token | None:
        """The token with this text. Every token is compared, so that time tells nothing."""
        given = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
        found = None
        for token in self.current():
            if hmac.compare_digest(token.digest, given):
                found = token
        return found

    def by_name(self, name: str) -> Token | None:
        """The token that a cookie names."""
        return next((token for token in self.current() if token.name == name), None)


def _unusable(path: Path, why: str) -> UsageError:
    return UsageError(
        f"the file of tokens {path} cannot be used",
        detail=f"{why}.",
        hint=f"a token a line, {LEAST_TOKEN} characters or more: TOKEN [WORKSPACE] [read]; chmod 600 {path}",
    )


def _parse(path: Path, mode: int) -> tuple[Token, ...]:
    if mode & 0o077:
        raise _unusable(path, f"others may read or write it (mode {mode:04o})")
    found: list[Token] = []
    for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        text, workspace, *rest = [*words, "default"] if len(words) == 1 else words
        if workspace == "read" and not rest:
            workspace, rest = "default", ["read"]
        if len(text) < LEAST_TOKEN or not text.isascii():
            raise _unusable(path, f"line {number}: a token has at least {LEAST_TOKEN} ASCII characters")
        if not _WORKSPACE.fullmatch(workspace) or rest not in ([], ["read"]):
            raise _unusable(path, f"line {number}: TOKEN [WORKSPACE] [read]")
        found.append(token_of(text, workspace, may_act=not rest))
    if not found:
        raise _unusable(path, "there is no token in it")
    if len(found) > _MOST_TOKENS:
        raise _unusable(path, f"there are more than {_MOST_TOKENS} tokens in it")
    return tuple(found)


def _sign(key: bytes, what: bytes) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, what, "sha256")).rstrip(b"=").decode()


def seal(key: bytes, purpose: str, content: Mapping[str, object]) -> str:
    """A text that only who has the key can have made, for one purpose."""
    body = base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).rstrip(b"=")
    return f"{body.decode()}.{_sign(key, purpose.encode() + b':' + body)}"


def unseal(keys: Sequence[bytes], purpose: str, text: str) -> dict[str, object] | None:
    """What :func:`seal` was given with one of these keys, or None."""
    body, _, signature = text.partition(".")
    if not body or not text.isascii():
        return None
    good = False
    for key in keys:
        good |= hmac.compare_digest(_sign(key, purpose.encode() + b":" + body.encode()), signature)
    if not good:
        return None
    content = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return content if isinstance(content, dict) else None


class Sessions:
    """How long sessions hold, and which are over before that: signed out, or begun before this process.

    What was signed out is remembered for as long as its cookie would be good. Of too many the oldest are
    forgotten, and every session with them that began no later.
    """

    def __init__(self, seconds: float, *, most: int = 10_000) -> None:
        self._length, self._most = int(seconds * 1000), most
        self._since = _milliseconds()
        self._ended: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, token: Token, who: str) -> str:
        """The value of the cookie of a new session."""
        content = {"t": token.name, "w": who, "i": self._now(), "n": secrets.token_urlsafe(12)}
        return f"{token.name}~{seal(token.key, 'session', content)}"

    def end(self, visitor: Visitor) -> None:
        """Let nobody in any more by the cookie that this visitor came with, nor by a copy of it."""
        if visitor.nonce is None:
            return
        with self._lock:
            self._ended[visitor.nonce] = visitor.issued
            over = self._now() - self._length
            while self._ended and next(iter(self._ended.values())) < over:
                self._ended.popitem(last=False)
            while len(self._ended) > self._most:
                _, issued = self._ended.popitem(last=False)
                self._since = max(self._since, issued + 1)

    def holds(self, nonce: str, issued: int) -> bool:
        """Whether a session is good now."""
        with self._lock:
            is_ended = nonce in self._ended or issued < self._since
        return not is_ended and -60_000 <= self._now() - issued <= self._length

    def _now(self) -> int:
        # a clock that is put back keeps nobody out
        return max(_milliseconds(), self._since)


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


def visitor(
    tokens: Tokens, authorization: str | None, cookie: str | None, sessions: Sessions
) -> Visitor | None:
    """Who is asking, by his header or else by his cookie; None if neither is good."""
    if authorization is not None:
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "bearer" or len(text) > _LONGEST:
            return None
        token = tokens.find(text.strip())
        return None if token is None else Visitor(token, token.workspace)
    if not cookie:
        return None
    name, _, sealed = cookie.partition("~")
    token = tokens.by_name(name)
    content = None if token is None else unseal([token.key], "session", sealed)
    if token is None or content is None:
        return None
    nonce, issued = str(content["n"]), int(str(content["i"]))
    return Visitor(token, str(content["w"]), nonce, issued) if sessions.holds(nonce, issued) else None


def is_own_form(visitor: Visitor, given: str) -> bool:
    """Whether a form was made for this session."""
    return hmac.compare_digest(visitor.form_key.encode(), given.encode("utf-8", "surrogateescape"))
