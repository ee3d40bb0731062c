"""Several workers, their late tokens, operators and time against a model of the decision table in Python."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.idempotency.lab import refused

if TYPE_CHECKING:
    from tests.idempotency.lab import Answer, Lab

KEYS: Final = ("a", "b")
# often enough alike, that something happens
choices = st.sampled_from((0, 0, 0, 0, 1, 1, 1, 2))
workers = st.sampled_from((0, 0, 0, 1, 2))
payloads = st.sampled_from((b"f", b"f", b"g", None))
PAYLOADS: Final = (None, b"f", b"g")
PEEKS: Final = (
    "select k.key, array(select p.outcome from unnest(%s::bytea[]) with ordinality as f (payload, n),"
    " lateral pydb.idempotency_peek(k.scope, k.key, f.payload) as p order by f.n)"
    " from pydb.idempotency_key as k where k.scope = %s"
)
results = st.sampled_from((None, "null", "1"))
holds = st.sampled_from((False, False, True))
leases = st.sampled_from((None, "0", "0", "1 hour"))
limits = st.sampled_from((None, 1, 2))


@dataclass
class Model:
    """One key as it should be; `lease` is live, past or none."""

    token: int
    fingerprint: bytes | None
    lease: str
    hold: bool
    max_attempts: int | None
    state: str = "pending"
    attempt: int = 1
    expired: bool = False
    retryable: bool | None = None
    code: int | None = None
    result: str | None = None
    error: str | None = None
    completions: int = field(default=0, compare=False)

    @property
    def live(self) -> bool:
        return self.lease == "live" or (self.lease == "none" and not self.expired)

    def decide(self, fingerprint: bytes | None) -> str:
        """The table B1, in its order."""
        pending = self.state == "pending"
        exhausted = self.max_attempts is not None and self.attempt >= self.max_attempts
        for condition, answer in (
            (self.expired and not (pending and (self.live or self.hold)), "fresh"),
            (None not in (self.fingerprint, fingerprint) and self.fingerprint != fingerprint, "mismatch"),
            (self.state == "completed", "replay"),
            (self.state == "failed" and not self.retryable, "replay_failed"),
            (pending and self.live, "in_progress"),
            (pending and self.hold, "ambiguous"),
            (exhausted, "poisoned"),
            (pending, "takeover"),
        ):
            if condition:
                return answer
        return "retry"


class Machine(RuleBasedStateMachine):
    """Calls of the real routines, each foretold."""

    lab: ClassVar[Lab]

    def __init__(self) -> None:
        super().__init__()
        for table in ("pydb.idempotency_key", "pydb_internal.idempotency_held"):
            self.lab.do(f"delete from {table} where scope = %s", self.lab.scope)
        self.models: dict[str, Model] = {}
        # one worker an acquisition, the latest first; they all come back, however late
        self.tokens: dict[str, list[int]] = {key: [] for key in KEYS}
        self.newest = 0

    @initialize(payload=payloads, lease=leases, hold=holds, limit=limits)
    def first_claim(self, payload: bytes | None, lease: str | None, hold: bool, limit: int | None) -> None:
        self.claim("a", payload, lease, hold, limit)

    @rule(choice=choices, lease=leases)
    def claim_again(self, choice: int, lease: str | None) -> None:
        """A duplicate as clients send it."""
        key = self.key(choice)
        self.claim(key, self.models[key].fingerprint if key in self.models else b"f", lease, False, None)

    @rule(choice=choices)
    def claim_when_the_lease_has_passed(self, choice: int) -> None:
        self.lease_passes(choice)
        self.claim_again(choice, "1 hour")

    @rule(
        key=st.sampled_from(KEYS),
        payload=payloads,
        lease=leases,
        hold=holds,
        limit=limits,
    )
    def claim(
        self, key: str, payload: bytes | None, lease: str | None, hold: bool, limit: int | None
    ) -> None:
        model = self.models.get(key)
        meets = "absent" if model is None else model.decide(payload)
        answer = self.lab.claim(
            key, fingerprint=payload, lease=lease, on_stale="hold" if hold else "takeover", max_attempts=limit
        )
        if meets in ("absent", "fresh", "retry", "takeover"):
            assert answer.outcome == "acquired"
            assert answer.token is not None
            assert answer.token > self.newest
            self.newest = answer.token
            self.tokens[key].insert(0, answer.token)
            word = {None: "none", "0": "past"}.get(lease, "live")
            fresh = Model(answer.token, payload, word, hold, limit)
            if model is not None and meets in ("retry", "takeover"):
                assert answer.error == model.error
                fresh.attempt = model.attempt + 1
                fresh.expired = model.expired
                fresh.error = model.error
                fresh.fingerprint = model.fingerprint if model.fingerprint is not None else payload
                fresh.max_attempts = limit if limit is not None else model.max_attempts
            self.models[key] = fresh
            assert answer.attempt == fresh.attempt
            return
        assert model is not None
        assert answer.outcome == ("replay_failed" if meets == "poisoned" else meets)
        assert answer.token is None
        if meets == "poisoned":
            model.state, model.retryable = "failed", False
            previous = model.error or "null"
            model.error = f'{{"attempts": {model.attempt}, "poisoned": true, "previous": {previous}}}'
        if meets != "mismatch":
            self.same_outcome(answer, model)

    @rule(
        choice=choices,
        worker=workers,
        result=results,
        code=st.sampled_from((None, 200)),
        fenced=holds,
    )
    def complete(self, choice: int, worker: int, result: str | None, code: int | None, fenced: bool) -> None:
        key = self.key(choice)
        token = self.token(key, worker)
        wanted: dict[str, object] = {
            "state": "completed",
            "result": result,
            "code": code,
            "error": None,
            "retryable": None,
        }
        expected = self.late(key, token, wanted)
        if fenced and expected != "ok":
            with refused("YD203") as refusal:
                self.lab.complete(key, token, result, code, fenced=True)
            assert refusal.message.endswith(f"was not completed: {expected}")
            return
        self.finish(key, self.lab.complete(key, token, result, code, fenced=fenced), expected, wanted)
        if expected == "ok":
            self.completed(key)

    @rule(choice=choices, worker=workers, error=results, retryable=st.booleans())
    def fail(self, choice: int, worker: int, error: str | None, retryable: bool) -> None:
        key = self.key(choice)
        token = self.token(key, worker)
        wanted: dict[str, object] = {
            "state": "failed",
            "result": None,
            "code": None,
            "error": error or "null",
            "retryable": retryable,
        }
        expected = self.late(key, token, wanted)
        self.finish(key, self.lab.fail(key, token, error, retryable=retryable), expected, wanted)

    @rule(choice=choices, worker=workers, lease=st.sampled_from(("0", "1 hour")))
    def heartbeat(self, choice: int, worker: int, lease: str) -> None:
        key = self.key(choice)
        token = self.token(key, worker)
        model = self.models.get(key)
        held = model is not None and token is not None and (model.token, model.state) == (token, "pending")
        assert self.lab.heartbeat(key, token, lease).outcome == ("ok" if held else "lost")
        if model is not None and held and lease == "1 hour" and model.lease == "past":
            model.lease = "live"

    @rule(choice=choices, how=st.sampled_from(("completed", "failed", "retry")), force=holds, value=results)
    def resolve(self, choice: int, how: str, force: bool, value: str | None) -> None:
        key = self.key(choice)
        model = self.models.get(key)
        answer = self.lab.resolve(key, how, result=value, error=value, force=force)
        if model is None:
            assert answer.outcome == "gone"
        elif model.state != "pending":
            assert answer.outcome == "conflict"
            self.same_outcome(answer, model)
        elif model.live and not force:
            assert answer.outcome == "in_progress"
        else:
            assert (answer.outcome, answer.attempt) == ("ok", model.attempt)
            assert answer.token is not None
            assert answer.token > self.newest
            self.newest = model.token = answer.token
            model.expired = False
            model.code = None
            if how == "completed":
                model.state, model.retryable, model.result, model.error = "completed", None, value, None
                self.completed(key)
            else:
                model.state, model.retryable, model.result, model.error = (
                    "failed",
                    how == "retry",
                    None,
                    value or "null",
                )
            if how == "retry" and model.max_attempts is not None:
                model.max_attempts = max(model.max_attempts, model.attempt + 1)

    @rule(choice=choices, force=holds, really=holds)
    def reset(self, choice: int, force: bool, really: bool) -> None:
        if not really:
            return
        key = self.key(choice)
        model = self.models.get(key)
        blocked = model is not None and model.state == "pending" and model.live and not force
        expected = "gone" if model is None else "in_progress" if blocked else "ok"
        assert self.lab.reset(key, force=force).outcome == expected
        if expected == "ok":
            del self.models[key]

    @rule(choice=choices)
    def prune(self, choice: int) -> None:
        if choice:
            self.life_passes(choice)
        expected = {key for key, model in self.models.items() if model.decide(None) == "fresh"}
        assert self.lab.prune() == len(expected)
        for key in expected:
            del self.models[key]

    @rule(choice=choices)
    def lease_passes(self, choice: int) -> None:
        key = self.key(choice)
        model = self.models.get(key)
        if model is not None and model.lease == "live":
            self.lab.let_lease_pass(key)
            model.lease = "past"

    @rule(choice=choices)
    def life_passes(self, choice: int) -> None:
        key = self.key(choice)
        if key in self.models:
            self.lab.let_life_pass(key)
            self.models[key].expired = True

    @invariant()
    def rows_are_as_foretold(self) -> None:
        for key in KEYS:
            row, model = self.lab.key(key), self.models.get(key)
            if model is None:
                assert row is None
                continue
            assert row is not None
            word = "none" if row.lease is None else "live" if row.lease.total_seconds() > 0 else "past"
            found = Model(
                row.token, row.fingerprint, word, row.hold, row.max_attempts, row.state, row.attempt,
                row.life.total_seconds() <= 0, row.retryable, row.code, row.result, row.error,
            )  # fmt: skip
            # the lease of a finished key means nothing
            assert found == replace(model, lease=word if model.state != "pending" else model.lease)
            assert (row.finished_at is None) is (row.state == "pending")
            assert model.completions <= 1

    @invariant()
    def every_payload_would_meet_what_is_foretold(self) -> None:
        assert dict(self.lab.rows(PEEKS, list(PAYLOADS), self.lab.scope)) == {
            key: [model.decide(payload) for payload in PAYLOADS] for key, model in self.models.items()
        }

    @invariant()
    def pending_keys_under_hold_are_listed(self) -> None:
        found = self.lab.rows(
            "select key from pydb_internal.idempotency_held where scope = %s", self.lab.scope
        )
        held = {key for key, model in self.models.items() if model.state == "pending" and model.hold}
        assert {key for (key,) in found} == held

    def late(self, key: str, token: int | None, wanted: dict[str, object]) -> str:
        """The table B2: what a worker with this token is told."""
        model = self.models.get(key)
        if model is None:
            return "gone"
        if model.state == "pending":
            return "ok" if model.token == token else "superseded"
        if model.token != token:
            return "superseded_done"
        return "ok_again" if {name: getattr(model, name) for name in wanted} == wanted else "conflict"

    def finish(self, key: str, answer: Answer, expected: str, wanted: dict[str, object]) -> None:
        assert answer.outcome == expected
        model = self.models.get(key)
        if model is None:
            return
        if expected == "ok":
            # only who acquired last can end it
            assert model.token == self.token(key, 0)
            for name, value in wanted.items():
                setattr(model, name, value)
        self.same_outcome(answer, model)

    def key(self, choice: int) -> str:
        """The first or the second key that is there; seldom one that is not."""
        there = sorted(self.models) or ["a"]
        return (there * 2)[choice] if choice < 2 else "b"

    def token(self, key: str, worker: int) -> int | None:
        """What a worker was given, 0 is the last that acquired the key; null = nothing."""
        return next(iter(self.tokens[key][worker:]), None)

    def completed(self, key: str) -> None:
        self.models[key].completions += 1

    def same_outcome(self, answer: Answer, model: Model) -> None:
        """What is told is what is recorded."""
        assert (answer.attempt, answer.code, answer.result, answer.error) == (
            model.attempt, model.code, model.result, model.error,
        )  # fmt: skip


def test_workers_operators_and_time_against_the_model(alone: Lab) -> None:
    Machine.lab = alone
    run_state_machine_as_test(
        Machine,
        settings=settings(stateful_step_count=30, suppress_health_check=list(HealthCheck)),
    )
