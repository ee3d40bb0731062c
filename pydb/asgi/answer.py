"""What a client gets whose request does not run: the recorded response, or a problem that says what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pydb.asgi.problem import Refused
from pydb.asgi.response import Response, not_stored, restored

if TYPE_CHECKING:
    from pydb.asgi.config import Config
    from pydb.idempotency import ClaimRow, Look


def answer(row: ClaimRow | Look, config: Config) -> Response:
    """Return the response for a key that is somebody else's, or done."""
    if row.outcome == "replay":
        response = restored(row.code, row.result, config.replayed_header)
        if response is not None:
            return response
    refused = _refused(row, config)
    status = row.code if refused.name == "failed" else None
    statuses = dict(config.statuses)
    if status is not None and 400 <= status <= 599:  # who recorded the failure said how to answer
        statuses["failed"] = status
    return refused.response(config.problem_prefix, statuses)


def _refused(row: ClaimRow | Look, config: Config) -> Refused:
    match row.outcome:
        case "replay":
            return Refused(
                "response-not-stored",
                f"The request was answered with status {row.code}; the response was not stored "
                f"({not_stored(row.result)}). It is not done again under this key.",
            )
        case "replay_failed" | "poisoned" if row.outcome == "poisoned" or _is_poisoned(row.error):
            return Refused(
                "attempts-exhausted",
                f"It was tried {row.attempt} times. Use a new key once the reason is known.",
            )
        case "replay_failed":
            return Refused("failed", "The failure is final. Use a new key to try again.")
        case "mismatch":
            return _mismatch(row.error)
        case "ambiguous":
            return Refused(
                "outcome-unknown",
                "The request was interrupted and may have taken effect. Neither repeat it nor use a new key "
                "before an operator has decided.",
            )
        case _:
            left = row.retry_after or timedelta(0)
            return Refused(
                "in-progress",
                "Send the same request with the same key again later.",
                retry_after=min(left, config.max_retry_after),
            )


def _mismatch(error: object) -> Refused:
    if isinstance(error, dict) and error.get("same_payload") is True:
        return Refused(
            "credentials-mismatch",
            "The same request was sent with this key before, with other credentials: another session, token "
            "or account. It may have taken effect. Send it with the credentials of the first time.",
        )
    return Refused(
        "payload-mismatch",
        "The first request with this key was another one: method, path, query, body or further headers "
        "differ. Use a new key for a new request.",
    )


def _is_poisoned(error: object) -> bool:
    return isinstance(error, dict) and error.get("poisoned") is True
