"""Errors of claims on idempotency keys; users import them from :mod:`pydb.errors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydb.failure import ExitCode, PydbError, UsageError

if TYPE_CHECKING:
    from datetime import timedelta

    from pydb.idempotency.outcomes import Replay, ReplayedFailure


class ClaimRefused(UsageError):
    """An idempotency claim or an operator's call has an argument that cannot be (YD201)."""


class ClaimContended(PydbError):
    """A key changed hands too fast to be claimed; try again (YD202)."""

    exit_code = ExitCode.ATTENTION


class Mismatch(UsageError):
    """The key was claimed with another payload; use another key, or send the first payload again."""


class Ambiguous(PydbError):
    """A held key's worker went away: its effect may have happened, so an operator must resolve the key."""

    exit_code = ExitCode.ATTENTION


class InProgress(PydbError):
    """Somebody works on the key; ``retry_after`` is what is left of the lease, None if that is not known."""

    exit_code = ExitCode.ATTENTION

    def __init__(
        self,
        message: str,
        *,
        retry_after: timedelta | None = None,
        owner: str | None = None,
        detail: str | None = None,
        hint: str | None = None,
        sqlstate: str | None = None,
    ) -> None:
        super().__init__(message, detail=detail, hint=hint, sqlstate=sqlstate)
        self.retry_after = retry_after
        self.owner = owner


class Superseded(PydbError):
    """The caller does not hold its key any more, so what it did must not count (YD203).

    ``outcome`` is superseded (somebody else works on the key), superseded_done (somebody else finished it),
    conflict (another outcome was recorded by this claim), ok_again (fenced: this one was), gone (expired or
    reset) or lost (a heartbeat came too late). ``recorded`` is the outcome to adopt, where there is one.
    """

    def __init__(
        self,
        message: str,
        *,
        outcome: str | None = None,
        recorded: Replay | ReplayedFailure | None = None,
        detail: str | None = None,
        hint: str | None = None,
        sqlstate: str | None = None,
    ) -> None:
        super().__init__(message, detail=detail, hint=hint, sqlstate=sqlstate)
        self.outcome = outcome or message.rpartition(": ")[2]
        self.recorded = recorded


class FailureReplayed(PydbError):
    """The work of this key failed for good before; ``error`` and ``code`` are what was recorded."""

    def __init__(
        self, message: str, *, error: object, code: int | None, detail: str | None, hint: str | None
    ) -> None:
        super().__init__(message, detail=detail, hint=hint)
        self.error = error
        self.code = code


class NotFinished(UsageError):
    """The block of a claim ended without complete or fail; the key stays pending."""


class NotJson(UsageError):
    """A result, an error or a payload is no JSON value; nothing was sent."""


class CompletionUnknown(PydbError):
    """The connection was lost during a completion: it may be recorded or not."""

    exit_code = ExitCode.UNAVAILABLE
