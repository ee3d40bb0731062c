"""What a claim, a completion, a heartbeat or a look answers: one frozen dataclass each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class Nothing(Enum):
    """The type of :data:`NOTHING`."""

    NOTHING = "NOTHING"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = Nothing.NOTHING
"""Nothing was recorded (SQL null), or no payload is given. ``None`` is JSON null: a value like any other."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The work is done: the recorded JSON ``result`` (:data:`NOTHING` if none was given) and ``code``."""

    result: object
    code: int | None
    attempt: int
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class ReplayedFailure:
    """The work failed for good: the recorded JSON ``error`` (:data:`NOTHING` if none) and ``code``.

    A key whose attempts are used up has the error ``{"poisoned": true, "attempts": …, "previous": …}``.
    """

    error: object
    code: int | None
    attempt: int
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Claimable:
    """A waiter found a key that the next claim acquires (or, poisoned, closes).

    ``why`` is absent, fresh (expired), retry (failed, retryable), takeover (its lease passed) or poisoned.
    """

    why: str


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """The answer of ``pydb.idempotency_claim``.

    ``outcome`` is acquired, in_progress, replay, replay_failed, mismatch or ambiguous. ``token`` and
    ``attempt`` are those of an acquired key, ``error`` then is that of the attempt before. ``result`` and
    ``error`` are JSON values, :data:`NOTHING` for SQL null; ``lease_until`` is when the lease of an
    ambiguous key passed.
    """

    outcome: str
    token: int | None
    attempt: int | None
    code: int | None
    result: object
    error: object
    retry_after: timedelta | None
    owner: str | None
    finished_at: datetime | None
    lease_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer of ``pydb.idempotency_complete``, ``_fail`` and ``_reset``, with the recorded outcome.

    ``outcome`` is ok, ok_again, conflict, superseded, superseded_done or gone (a reset: ok, in_progress,
    gone).
    """

    outcome: str
    attempt: int | None
    lease_until: datetime | None
    code: int | None
    result: object
    error: object
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer of ``pydb.idempotency_resolve``: ok, in_progress, conflict or gone, and what is recorded."""

    outcome: str
    token: int | None
    attempt: int | None
    lease_until: datetime | None
    code: int | None
    result: object
    error: object
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Beat:
    """The answer of ``pydb.idempotency_heartbeat``: ok or lost, and what is left of the lease."""

    outcome: str
    left: timedelta | None


@dataclass(frozen=True, slots=True)
class Look:
    """The answer of ``pydb.idempotency_peek``: what a claim would meet now.

    ``outcome`` is replay, replay_failed, in_progress, mismatch, ambiguous, or where a claim would acquire the
    key (or close it) absent, fresh, retry, takeover, poisoned.
    """

    outcome: str
    attempt: int | None
    code: int | None
    result: object
    error: object
    retry_after: timedelta | None
    owner: str | None
    finished_at: datetime | None
    lease_until: datetime | None
