"""How ``pydb idempotency`` reads JSON from the command line and shows keys."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from pydb import shell
from pydb.cli import _output
from pydb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pydb.idempotency import KeyStatus, Stats

# What --status takes, and what it looks for: the status of the list, and whether the key has expired.
STATUSES: dict[str, tuple[str | None, bool | None]] = {
    "pending": ("in progress", None),
    "stale": ("stale", None),
    "held": ("held", None),
    "completed": ("completed", None),
    "failed": ("failed", None),
    "retryable": ("failed, retryable", None),
    "expired": (None, True),
}

# What the next claim answers, by what a look at the key meets.
NEXT_CLAIM = {
    "absent": "it acquires the key: nobody has claimed it",
    "fresh": "it acquires the key: its life is over",
    "retry": "it acquires the key and tries again",
    "takeover": "it takes the key over: the lease has passed",
    "poisoned": "a failure: no attempt is left",
    "mismatch": "a mismatch",
    "replay": "the recorded result",
    "replay_failed": "the recorded failure",
    "in_progress": "that somebody works on it",
    "ambiguous": "ambiguous, until an operator resolves the key",
}


def json_value(text: str, option: str) -> object:
    """The JSON value of an option, ``-`` for standard input. Raises :class:`~pydb.errors.UsageError`."""
    if text == "-":
        text = sys.stdin.read()
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{option} is not JSON",
            detail=str(error),
            hint=f"""{option} '{{"id": 1}}', or {option} - for stdin""",
        ) from None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def name(scope: str, key: str) -> str:
    """A key for people."""
    return f"key {key} in scope {scope}"


def command(verb: str, row: KeyStatus) -> str:
    """A command about a key, to be typed in a shell."""
    return shell.command(f"pydb idempotency {verb}", row.scope, row.key)


def dump(value: object) -> str:
    """JSON on one line."""
    return json.dumps(value, ensure_ascii=False)


def say_next(row: KeyStatus) -> None:
    """What to type about a key that waits for somebody."""
    if row.status in ("stale", "held"):
        _output.say(f"hint: if the work was done: {command('resolve', row)} --as completed --result JSON")
        _output.say(f"hint: if it was not: {command('resolve', row)} --as retry")


def age(since: datetime | None, now: datetime) -> str:
    """``3 min 05 s ago``, ``in 20 s``, or nothing for None."""
    if since is None:
        return ""
    seconds = (now - since).total_seconds()
    return f"{_output.duration(seconds)} ago" if seconds >= 0 else f"in {_output.duration(-seconds)}"


def show_keys(rows: Sequence[KeyStatus]) -> None:
    """One line a key."""
    _output.table(
        ["scope", "key", "status", "attempt", "owner", "claimed", "lease ends", "expires", "code"],
        [
            (
                row.scope,
                row.key,
                f"{row.status}, expired" if row.expired else row.status,
                row.attempt,
                row.owner,
                age(row.claimed_at, row.seen_at),
                age(row.lease_until, row.seen_at) if row.finished_at is None else "",
                age(row.expires_at, row.seen_at),
                row.code,
            )
            for row in rows
        ],
        right=("attempt", "code"),
        less=("code", "expires", "owner", "attempt", "lease ends"),
    )


def show_key(row: KeyStatus, next_claim: str) -> None:
    """Everything about one key but its result."""

    def moment(at: datetime | None) -> str:
        return "" if at is None else f"{_output.timestamp(at)}, {age(at, row.seen_at)}"

    attempts = f"{row.attempt}" if row.max_attempts is None else f"{row.attempt} of {row.max_attempts}"
    lines = [
        ("scope", row.scope),
        ("key", row.key),
        ("status", f"{row.status}, expired" if row.expired else row.status),
        ("next claim gets", NEXT_CLAIM.get(next_claim, next_claim)),
        ("owner", row.owner),
        ("token", str(row.token)),
        ("attempt", attempts),
        ("claimed", moment(row.claimed_at)),
        ("lease ends", moment(row.lease_until) if row.lease_until else "when it expires"),
        ("finished", moment(row.finished_at)),
        ("expires", moment(row.expires_at)),
        ("when the lease passes", "hold" if row.hold else "takeover"),
        ("payload compared", row.has_fingerprint),
        ("code", row.code),
        ("result", None if row.result_bytes is None else _output.size(row.result_bytes)),
    ]
    _output.pairs([(label, value) for label, value in lines if value not in (None, "")])


def show_stats(stats: Stats) -> None:
    """Counts, ages and counters."""
    now = stats.seen_at
    about = "" if stats.exact else " (estimated)"
    rows: list[tuple[str, object, object]] = [
        (f"keys{about}", stats.keys, ""),
        ("in progress", stats.pending, _since("claimed", stats.oldest_pending_at, now)),
        ("stale", stats.stale, _since("lease ended", stats.oldest_stale_at, now)),
        ("held", stats.held, _since("lease ended", stats.oldest_held_at, now)),
        ("completed", stats.completed, ""),
        ("failed, retryable", stats.failed_retryable, ""),
        ("failed", stats.failed, ""),
        ("expired, to be pruned", stats.expired, _since("expired", stats.oldest_expired_at, now)),
        ("takeovers", stats.takeovers, ""),
        ("superseded calls", stats.superseded, ""),
        ("mismatches", stats.mismatches, ""),
    ]
    if stats.hot_ratio is not None:
        rows.append(("updates without index writes", f"{stats.hot_ratio:.1%}", ""))
    _output.table(["", "count", "oldest"], rows, right=("count",))


def _since(what: str, at: datetime | None, now: datetime) -> str:
    return "" if at is None else f"{what} {age(at, now)}"
