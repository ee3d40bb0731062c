"""Idempotency claims: one effect for each key, whatever crashes.

:func:`once` does a block of work once, :func:`idempotent` a function's calls, :func:`wait` waits for what
somebody else does. Below are the routines of ``sql/idempotency`` one by one; their async twins are in
:mod:`pydb.idempotency.aio`. All decisions are the database's, by its clock; the exceptions are in
:mod:`pydb.errors`.
"""

from __future__ import annotations

from pydb.errors import (
    Ambiguous,
    ClaimContended,
    ClaimRefused,
    CompletionUnknown,
    FailureReplayed,
    InProgress,
    Mismatch,
    NotFinished,
    NotJson,
    Superseded,
)
from pydb.idempotency.aclaims import AsyncClaim
from pydb.idempotency.block import once
from pydb.idempotency.claims import Acquired, Claim
from pydb.idempotency.decorator import idempotent
from pydb.idempotency.lent import AsyncPool, AsyncSource, Pool, Source
from pydb.idempotency.outcomes import (
    NOTHING,
    Beat,
    Claimable,
    ClaimRow,
    Completion,
    Look,
    Nothing,
    Replay,
    ReplayedFailure,
    Resolution,
)
from pydb.idempotency.overview import KeyStatus, Stats, list_keys, stats
from pydb.idempotency.routines import (
    claim,
    complete,
    fail,
    heartbeat,
    notify,
    peek,
    prune,
    reset,
    resolve,
)
from pydb.idempotency.values import canonical, digest, fingerprint, key_of
from pydb.idempotency.waiting import wait

__all__ = [
    "NOTHING",
    "Acquired",
    "Ambiguous",
    "AsyncClaim",
    "AsyncPool",
    "AsyncSource",
    "Beat",
    "Claim",
    "ClaimContended",
    "ClaimRefused",
    "ClaimRow",
    "Claimable",
    "Completion",
    "CompletionUnknown",
    "FailureReplayed",
    "InProgress",
    "KeyStatus",
    "Look",
    "Mismatch",
    "NotFinished",
    "NotJson",
    "Nothing",
    "Pool",
    "Replay",
    "ReplayedFailure",
    "Resolution",
    "Source",
    "Stats",
    "Superseded",
    "canonical",
    "claim",
    "complete",
    "digest",
    "fail",
    "fingerprint",
    "heartbeat",
    "idempotent",
    "key_of",
    "list_keys",
    "notify",
    "once",
    "peek",
    "prune",
    "reset",
    "resolve",
    "stats",
    "wait",
]
