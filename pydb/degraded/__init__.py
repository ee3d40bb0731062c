"""Degraded answers: what an application says when something that it depends on does not answer.

    from pydb.degraded import degraded

    @degraded(provider="llm", timeout=2.0, fallback="no summary today")
    def summary(text: str) -> str:
        return client.summarise(text)

    answer = summary("…")       # an Answer: value, degraded, reason_code, provider, message

The decorated function (sync or async) returns an :class:`Answer` and raises nothing that its provider raised,
but what is a bug of the program (a ``TypeError``, …), unless ``reasons`` names it. The stack trace goes to
the log ``pydb.degraded``, ``message`` is a sentence that may be shown to anybody. What happened is counted in
this process (:func:`counts`), and in the database where :func:`report_to` says which.

A time-out of an async function cancels it. A thread cannot be stopped from outside: on time-out a sync
function is left behind, in a thread of its own, until it ends by itself. How many are left is counted, and at
``most_abandoned`` the provider is not called any more (reason ``busy``) until one of them ends. Give the
client itself a time-out too.
"""

from __future__ import annotations

from pydb.degraded.answer import Answer
from pydb.degraded.call import degraded
from pydb.degraded.reasons import REASONS, reason_of
from pydb.degraded.report import Reporter, report_to
from pydb.degraded.tally import Abandoned, abandoned, counts

__all__ = [
    "REASONS",
    "Abandoned",
    "Answer",
    "Reporter",
    "abandoned",
    "counts",
    "degraded",
    "reason_of",
    "report_to",
]
