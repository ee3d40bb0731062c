"""The built-in policy: prunes expired keys like any policy does, and never one that somebody works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydb import db, policyfile, retention
from pydb.errors import PydbError
from tests.idempotency.lab import refused
from tests.lint.roles import ROLES_FILE

if TYPE_CHECKING:
    from tests.conftest import Connect, RoleFactory
    from tests.idempotency.lab import Lab

POLICY = "idempotency_key"
JOB = f"call pydb.retention_run('{POLICY}')"


def run(lab: Lab) -> tuple[object, ...]:
    """Run it as its job does; state, reason and rows."""
    lab.do(JOB)
    (row,) = lab.rows("select state, stop_reason, rows_done from pydb.job_run order by id desc limit 1")
    return row


def left(lab: Lab) -> set[object]:
    return {key for (key,) in lab.rows("select key from pydb.idempotency_key")}


def planned(lab: Lab, policy: str | None = POLICY) -> int:
    return int(str(lab.one("select coalesce(sum(rows), 0) from pydb.retention_plan(%s)", policy)))


def fill(lab: Lab) -> None:
    past = {"life": "-1 min"}
    lab.put("completed", "completed", **past)
    lab.put("failed", "failed", retryable=True, **past)
    lab.put("stale", lease="-1 min", **past)
    lab.put("stale, its lease outlived its life", lease="-1 s", **past)
    lab.put("without a lease", lease=None, **past)
    lab.put("completed under hold", "completed", hold=True, **past)


def test_it_takes_what_expired_and_what_a_prune_takes(alone: Lab) -> None:
    fill(alone)
    kept = {
        "works": alone.put("works", life="-1 min"),
        "held": alone.put("held", lease="-1 hour", life="-1 min", hold=True),
        "lives": alone.put("lives", "completed"),
    }
    assert planned(alone) == 6
    with alone.db.transaction(force_rollback=True):
        assert alone.prune() == 6
    assert run(alone) == ("completed", "exhausted", 6)
    assert left(alone) == set(kept)


def test_a_claim_in_flight_saves_its_key(alone: Lab) -> None:
    """A worker that begins a new life of an expired key while the run is at it keeps it."""
    alone.put("again", "completed", life="-1 min")
    alone.put("other", "completed", life="-1 min")
    worker = alone.session(autocommit=False)
    assert alone.claim("again", db=worker, lease="1 hour").outcome == "acquired"
    # with the right to update, as the owner has it, a run goes around locked rows
    state, _, rows = run(alone)
    assert (state, rows) == ("partial", 1)
    worker.commit()
    assert run(alone) == ("completed", "exhausted", 0)
    assert left(alone) == {"again"}


def test_a_runner_prunes_without_a_right_to_change_keys(
    alone: Lab, connect: Connect, role: RoleFactory
) -> None:
    connect().execute(ROLES_FILE.read_bytes())
    runner = alone.session(role("nightly", "in role pydb_runner"))
    fill(alone)
    alone.put("again", "completed", life="-1 min")
    worker = alone.session(autocommit=False)
    alone.claim("again", db=worker, lease="1 hour")
    runner.execute(JOB.encode())
    assert left(alone) == {"again"}
    worker.commit()
    runner.execute("call pydb.retention_run()")
    assert left(alone) == {"again"}
    with refused("42501"):
        runner.execute("update pydb.idempotency_key set result = '1'")


def test_it_may_take_all_there_is(alone: Lab) -> None:
    fill(alone)
    assert run(alone) == ("completed", "exhausted", 6)


def test_it_is_no_news_where_no_key_ever_was(alone: Lab) -> None:
    """Neither runs, plans, schedules nor doctor speak of it; named, it runs."""
    with db.connect(alone.dsn) as conn:
        assert retention.plan(conn) == []
    alone.do("call pydb.retention_run()")
    assert alone.one("select count(*) from pydb.job_run") == 0
    assert alone.rows("select * from pydb.schedule_status") == []
    assert alone.rows("select * from pydb_internal.schedule_due()") == []
    about = "select count(*) from pydb.doctor() where component = 'idempotency' or summary ~ 'missing'"
    assert alone.one(about) == 0
    scheduled = "select reason_code from pydb.doctor() where component = 'scheduler'"
    assert alone.one(scheduled) == "nothing_scheduled"
    assert run(alone) == ("completed", "exhausted", 0)


def test_once_there_are_keys_it_takes_part(alone: Lab) -> None:
    fill(alone)
    assert planned(alone, None) == 6
    rows = alone.rows("select policy, schedule, wanted from pydb.schedule_status order by policy nulls last")
    assert rows == [(POLICY, "17 * * * *", True), (None, "25 4 * * *", True)]
    assert alone.one("select status from pydb.doctor() where component = 'scheduler'") == "error"
    # as `pydb schedule run` asks
    alone.do("update pydb.retention_policy set updated_at = '-infinity'")
    assert alone.one("select policy from pydb_internal.schedule_due() where policy is not null") == POLICY
    alone.do("call pydb.retention_run()")
    assert left(alone) == set()


def test_it_is_not_dropped_and_not_made_another(alone: Lab) -> None:
    with refused("YD001") as refusal:
        alone.do("select pydb.retention_policy_drop(%s)", POLICY)
    assert "retention_pause" in refusal.hint
    alone.do("create table public.event (id bigint primary key, expires_at timestamptz)")
    for arguments in (
        "'public.event', 'expires_at', '1 day'",
        "'pydb.idempotency_key', 'claimed_at', '1 day'",
        "'pydb.idempotency_key', 'expires_at', '1 day', p_filter => 'true'",
        "'pydb.idempotency_key', 'expires_at', '1 day', p_expire_minus_infinity => true",
    ):
        with refused("YD001", "YD102") as refusal:
            alone.do(f"select pydb.retention_policy_set('{POLICY}', {arguments})")
        assert refusal.hint
    # under another name the table is still pydb's own
    with refused("YD003"):
        alone.do("select pydb.retention_policy_set('mine', 'pydb.idempotency_key', 'expires_at', '1 day')")
    assert alone.one("select builtin and version = 1 from pydb.retention_policy") is True


def test_keep_schedule_and_bounds_are_the_admins(alone: Lab, connect: Connect, role: RoleFactory) -> None:
    connect().execute(ROLES_FILE.read_bytes())
    admin = alone.session(role("alice", "in role pydb_admin"))
    before = alone.rows("select filter, expiry, fuse_share, author from pydb.retention_policy")
    admin.execute(
        "select pydb.retention_policy_set('idempotency_key', 'pydb.idempotency_key', 'expires_at', '1 hour',"
        " p_schedule => '*/5 * * * *', p_max_rows => 100000)"
    )
    assert alone.rows("select filter, expiry, fuse_share, author from pydb.retention_policy") == before
    assert alone.rows("select builtin, keep::text, schedule, max_rows from pydb.retention_policy") == [
        (True, "01:00:00", "*/5 * * * *", 100000)
    ]
    alone.put("young", "completed", life="-30 min")
    alone.put("old", "completed", life="-90 min")
    alone.put("old, worked on lately", lease="-30 min", life="-90 min")
    assert run(alone) == ("completed", "exhausted", 1)
    assert left(alone) == {"young", "old, worked on lately"}
    alone.do("select pydb.retention_pause(%s, 'a test')", POLICY)
    alone.do("update pydb.idempotency_key set expires_at = now() - interval '2 days'")
    assert run(alone)[:2] == ("skipped", "paused")


def test_a_policy_file_leaves_it_alone_and_may_change_its_schedule(alone: Lab) -> None:
    with db.connect(alone.dsn) as conn:
        assert policyfile.apply(conn, policyfile.parse(b"", "empty"), prune=True) == []
        assert [policy.builtin for policy in retention.policies(conn)] == [True]
        text = (
            '[policy.idempotency_key]\ntable = "pydb.idempotency_key"\n'
            'time_column = "expires_at"\nkeep = "0"\nschedule = "5 * * * *"\nrows_per_second = 10000\n'
        )
        (change,) = policyfile.apply(conn, policyfile.parse(text.encode(), "file"), prune=True)
        assert (change.kind, change.fields) == ("changed", {"schedule": ("17 * * * *", "5 * * * *")})
        with pytest.raises(PydbError, match="pydb's own"):
            retention.policy_drop(conn, POLICY)
