"""Answers of the middleware itself: ``application/problem+json`` of RFC 9457.

``type`` and ``code`` of a problem never change, so clients may act on them; ``title`` and ``detail`` are for
people. The status of each can be configured, as applications may have a meaning of their own for 409 or 422.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

from pydb.asgi.response import Response

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

# name → status, title. The type is the prefix and the name, the code is the name in snake case.
PROBLEMS: Final[Mapping[str, tuple[int, str]]] = {
    "key-missing": (400, "An idempotency key is required"),
    "key-malformed": (400, "The idempotency key is malformed"),
    "key-too-long": (400, "The idempotency key is too long"),
    "body-too-large": (413, "The request body is too large"),
    "in-progress": (409, "A request with this idempotency key is in progress"),
    "payload-mismatch": (422, "The idempotency key was used for another request"),
    "credentials-mismatch": (422, "The idempotency key was used with other credentials"),
    "outcome-unknown": (409, "The outcome of the request with this idempotency key is unknown"),
    "response-not-stored": (409, "The request was done, its response was not stored"),
    "attempts-exhausted": (409, "The request with this idempotency key failed too often"),
    "failed": (409, "The request with this idempotency key failed"),
    "response-too-large": (500, "The response is too large to be stored"),
    "unavailable": (503, "Idempotency keys cannot be checked at the moment"),
}


class Refused(Exception):
    """The request is answered with a problem instead of the application's response."""

    def __init__(self, name: str, detail: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name
        self.detail = detail
        self.retry_after = retry_after

    def response(self, prefix: str, statuses: Mapping[str, int]) -> Response:
        """Return the response; ``statuses`` overrides the status of a problem by its name."""
        standard, title = PROBLEMS[self.name]
        status = statuses.get(self.name, standard)
        document: dict[str, object] = {
            "type": prefix + self.name,
            "title": title,
            "status": status,
            "detail": self.detail,
            "code": f"idempotency_{self.name.replace('-', '_')}",
        }
        headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store")]
        if self.retry_after is not None:
            seconds = max(1, math.ceil(self.retry_after.total_seconds()))
            document["retry_after"] = seconds
            headers.append((b"retry-after", b"%d" % seconds))
        body = json.dumps(document).encode()
        headers.append((b"content-length", b"%d" % len(body)))
        return Response(status, headers, body)
