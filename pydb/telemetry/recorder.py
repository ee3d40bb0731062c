"""What both middlewares record of a request, and how they ask the application about it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from pydb.telemetry import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydb.telemetry.writer import Writer

    T = TypeVar("T")

LOG: Final = logging.getLogger("pydb.telemetry")
S = TypeVar("S")
"""What the application knows of a request: the scope of ASGI, the environ of WSGI."""


class Recorder(Generic[S]):
    """Writes a request down after its end; nothing that it meets comes back to who serves the request."""

    def __init__(
        self,
        writer: Writer,
        *,
        user: Callable[[S], object],
        privileged: Callable[[S], bool] | None,
        route: Callable[[S], str | None],
        audit: bool,
    ) -> None:
        self.writer = writer
        self._user = user
        self._privileged = privileged
        self._route = route
        self._audit = audit
        self._is_told = False

    def record(
        self,
        subject: S,
        *,
        method: str,
        path: str,
        status: int | None,
        duration: float,
        error: str | None,
        traceparent: str | None,
    ) -> None:
        """Record a request, and in the audit too where it may have changed something."""
        try:
            method = method.upper()
            route = self._ask(self._route, subject, None)
            user = self._ask(self._user, subject, None)
            self.writer.request(
                method=method,
                path=path,
                status=status,
                duration=duration,
                route=route,
                error=error,
                user=user,
                traceparent=traceparent,
            )
            if self._audit and method in rows.MUTATING:
                self.writer.audit(
                    f"{method} {route}" if route is not None else method,
                    actor=user,
                    resource=path,
                    status=status,
                    privileged=self._privileged is not None
                    and bool(self._ask(self._privileged, subject, False)),
                    traceparent=traceparent,
                )
        except Exception:
            LOG.exception("a request was not recorded")

    def _ask(self, question: Callable[[S], T], subject: S, default: T) -> T:
        try:
            return question(subject)
        except Exception:
            if not self._is_told:
                self._is_told = True
                LOG.exception("telemetry cannot ask the application; said once")
            return default
