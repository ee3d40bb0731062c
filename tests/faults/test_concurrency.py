"""C1, C5, C6, C7, C9, C11: other runs; applications that hold locks, renew rows and collide with a batch."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.faults.lab import EXPIRED, GATED_ROW, Background

if TYPE_CHECKING:
    from tests.faults.lab import Lab

ISOLATION = ("read committed", "repeatable read", "serializable")


def isolated(level: str) -> str:
    """Connection options for a default isolation level."""
    return f"-c default_transaction_isolation={level.replace(' ', chr(92) + ' ')}"


def test_c1_second_run_of_a_policy_is_skipped(lab: Lab) -> None:
    lab.table()
    lab.policy()
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        rival = lab.run()
        rival.succeeded()
        assert any("skipped (locked)" in warning for warning in rival.warnings)
        first, second = lab.runs()
        assert (first.state, second.state, second.stop_reason) == ("running", "skipped", "locked")
        assert str(run.pid) in (second.error or "")
        gate.open()
        run.succeeded()
    lab.balanced()
    assert lab.gone() == EXPIRED


@pytest.mark.parametrize("level", ISOLATION)
def test_c1_two_runs_of_everything_share_the_work(lab: Lab, level: str) -> None:
    for name in ("a", "b", "c"):
        lab.table(name)
        lab.policy(name)
    with lab.gate("a") as gate:
        run = lab.start(None, lab.session(isolated(level)))
        gate.reached_by(run)
        lab.run(None, lab.session(isolated(level))).succeeded()
        gate.open()
        run.succeeded()
    assert [row.state for row in lab.runs("a")] == ["completed", "skipped"]
    for name in ("b", "c"):
        assert [row.state for row in lab.runs(name)] == ["completed", "completed"]
    for name in ("a", "b", "c"):
        lab.balanced(name)
        assert lab.gone(name) == EXPIRED


@pytest.mark.parametrize("level", ISOLATION)
def test_c1_many_at_once(lab: Lab, level: str) -> None:
    names = ("a", "b", "c")
    for name in names:
        lab.table(name, rows=600, expired=500)
        lab.policy(name)
    start = threading.Barrier(6)
    errors: list[object] = []

    def call() -> None:
        session = lab.session(isolated(level))
        start.wait()
        errors.append(lab.run(None, session).error)

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [None] * 6
    for name in names:
        lab.balanced(name)
        assert lab.gone(name) == 500
        assert {row.state for row in lab.runs(name)} <= {"completed", "skipped"}
        assert len(lab.runs(name)) == 6


@pytest.mark.parametrize("level", ISOLATION)
def test_c1_two_runs_find_the_same_dead_one(lab: Lab, level: str) -> None:
    """Both want to close it; the second waits for the first and finds it closed."""
    lab.table()
    lab.policy()
    lab.setting("lock_timeout", "60 s")
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        lab.db.execute("select pg_terminate_backend(%s)", (run.pid,))
        run.failed()
        lab.until_gone(run.pid)
    other = lab.session()
    other.execute("begin")
    other.execute("select pydb_internal.run_close_dead('retention', 'events')")
    follower = lab.start(session=lab.session(isolated(level)))
    lab.until_blocked(follower.pid, other.info.backend_pid)
    other.execute("commit")
    follower.succeeded()
    lab.balanced()
    assert [row.state for row in lab.runs()] == ["interrupted", "completed"]


def test_c5_locked_rows_are_left_and_counted_and_finished_later(lab: Lab) -> None:
    lab.table()
    lab.policy()
    application = lab.session()
    application.execute("begin")
    application.execute("select from app.events where id in (5, 300, 599, 650) for update")
    run = lab.run()
    run.succeeded()
    assert any("partial (locked)" in warning for warning in run.warnings)
    (row,) = lab.runs()
    assert (row.state, row.stop_reason, row.rows_done, row.rows_skipped) == (
        "partial",
        "locked",
        EXPIRED - 3,
        3,
    )
    lab.balanced()
    application.execute("rollback")
    lab.converges()


def test_c5_row_that_is_let_go_during_the_run_is_taken_by_the_last_pass(lab: Lab) -> None:
    lab.table()
    lab.policy()
    application = lab.session()
    application.execute("begin")
    application.execute("select from app.events where id = 5 for update")
    with lab.gate(row=560) as gate:
        run = lab.start()
        gate.reached_by(run)
        application.execute("rollback")
        gate.open()
        run.succeeded()
    (row,) = lab.runs()
    assert (row.state, row.rows_done, row.rows_skipped) == ("completed", EXPIRED, 0)
    lab.balanced()


@pytest.mark.parametrize("level", ISOLATION)
@pytest.mark.parametrize("patience", ["60 s", "20 ms"])
def test_c6_row_renewed_under_the_batch_survives(lab: Lab, level: str, patience: str) -> None:
    """The batch waits for the row (60 s) or goes around it (20 ms), and then judges it by what it is now."""
    lab.table()
    lab.policy()
    lab.setting("lock_timeout", patience)
    application = lab.session()
    with lab.gate(row=560) as gate:
        application.execute("begin")
        application.execute("update app.events set at = now() where id = 400")
        run = lab.start(session=lab.session(isolated(level)))
        if patience == "60 s":
            lab.until_blocked(run.pid, application.info.backend_pid)
            application.execute("commit")
            gate.reached_by(run)
        else:
            gate.reached_by(run)
            application.execute("commit")
        gate.open()
        run.succeeded()
    lab.balanced()
    assert lab.gone() == EXPIRED - 1
    assert 400 in lab.ids()
    assert lab.runs()[-1].state == "completed"


def test_c6_row_renewed_under_a_counted_out_batch_survives(lab: Lab) -> None:
    """With a row budget the batch chooses rows first and deletes them then."""
    lab.table()
    lab.policy(max_rows=50)
    lab.setting("lock_timeout", "60 s")
    application = lab.session()
    application.execute("begin")
    application.execute("update app.events set at = now() where id = 20")
    run = lab.start()
    lab.until_blocked(run.pid, application.info.backend_pid)
    application.execute("commit")
    run.succeeded()
    assert 20 in lab.ids()
    lab.balanced()
    assert lab.gone() <= 50


def test_c7_child_that_appears_after_the_plan_keeps_its_parent(lab: Lab) -> None:
    lab.table()
    lab.db.execute("create table app.child (id bigint references app.events)")
    lab.policy()
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        lab.db.execute("insert into app.child values (580)")
        gate.open()
        run.succeeded()
    lab.balanced()
    assert lab.gone() == EXPIRED - 1
    (row,) = lab.runs()
    assert (row.rows_planned, row.rows_done) == (EXPIRED, EXPIRED - 1)
    lab.db.execute("truncate app.child")
    lab.converges()


def test_c7_child_that_commits_while_the_batch_waits_keeps_its_parent(lab: Lab) -> None:
    """The delete was allowed when it was chosen; the foreign key refuses it, and the run goes around."""
    lab.table()
    lab.db.execute("create table app.child (id bigint references app.events)")
    lab.policy()
    lab.setting("lock_timeout", "60 s")
    application = lab.session()
    application.execute("begin")
    application.execute("insert into app.child values (400)")
    run = lab.start()
    lab.until_blocked(run.pid, application.info.backend_pid)
    application.execute("commit")
    run.succeeded()
    lab.balanced()
    assert lab.gone() == EXPIRED - 1
    assert 400 in lab.ids()
    (row,) = lab.runs()
    assert (row.rows_planned, row.rows_done) == (EXPIRED, EXPIRED - 1)


def test_c9_table_locked_as_a_whole_blocks_its_policy_alone(lab: Lab) -> None:
    for name in ("a", "b", "c"):
        lab.table(name, rows=600, expired=500)
        lab.policy(name)
    lab.setting("lock_timeout", "20 ms")
    lab.setting("retry_limit", "2")
    owner = lab.session()
    owner.execute("begin")
    owner.execute("lock table app.b in access exclusive mode")
    assert lab.run(None).failed() == "YD111"
    (row,) = lab.runs("b")
    assert (row.state, row.stop_reason, row.sqlstate, row.rows_done) == ("blocked", "locked", "55P03", 0)
    for name in ("a", "c"):
        assert lab.runs(name)[-1].state == "completed"
        assert lab.gone(name) == 500
    owner.execute("rollback")
    for name in ("a", "b", "c"):
        lab.balanced(name)
    lab.converges("b")


def test_c9_table_locked_in_the_middle_ends_the_run_and_the_next_goes_on(lab: Lab) -> None:
    lab.table()
    lab.policy()
    lab.setting("lock_timeout", "20 ms")
    lab.setting("retry_limit", "2")
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        other = lab.session()
        other.execute("begin")
        locker = Background(other, "lock table app.events in access exclusive mode")
        lab.until_blocked(locker.pid, run.pid)
        gate.open()
        assert run.failed() == "YD111"
        locker.succeeded()
    (row,) = lab.runs()
    assert (row.state, row.stop_reason, row.rows_done) == ("blocked", "locked", 448)
    other.execute("rollback")
    lab.balanced()
    lab.converges()


def test_c9_nobody_queues_up_behind_a_run(lab: Lab) -> None:
    """Readers and writers pass while the run waits for a row: it holds no lock that they need."""
    lab.table()
    lab.policy()
    lab.setting("lock_timeout", "60 s")
    application = lab.session()
    application.execute("begin")
    application.execute("select from app.events where id = 400 for update")
    run = lab.start()
    lab.until_blocked(run.pid, application.info.backend_pid)
    assert lab.value(
        "select array_agg(mode) <@ '{AccessShareLock,RowExclusiveLock}' from pg_locks"
        " where pid = %s and locktype = 'relation' and relation = 'app.events'::regclass",
        run.pid,
    )
    writer = lab.session("-c lock_timeout=1")
    writer.execute("insert into app.events values (701, now(), '')")
    writer.execute("update app.events set filler = 'new' where id = 650")
    writer.execute("delete from app.events where id in (701)")
    writer.execute("select count(*) from app.events")
    application.execute("rollback")
    run.succeeded()
    assert lab.gone() == EXPIRED


def test_c11_deadlock_is_retried(lab: Lab) -> None:
    """The application wants a row that the batch has, the batch one that the application has."""
    lab.table()
    lab.policy()
    lab.setting("lock_timeout", "60 s")
    application = lab.session("-c deadlock_timeout=60s")
    with lab.gate(row=GATED_ROW, when="before") as gate:
        application.execute("begin")
        application.execute("update app.events set at = now() where id = 440")
        run = lab.start(session=lab.session("-c deadlock_timeout=10ms"))
        gate.reached_by(run)
        wanting = Background(application, "update app.events set at = now() where id = 300")
        lab.until_blocked(wanting.pid, run.pid)
        gate.open()
        wanting.succeeded()
        # the batch was rolled back for the application; now it waits for its commit
        lab.until_blocked(run.pid, wanting.pid)
        application.execute("commit")
        run.succeeded()
    lab.balanced()
    assert {300, 440} <= lab.ids()
    assert lab.gone() == EXPIRED - 2
    (row,) = lab.runs()
    assert (row.state, row.detail["retries"]) == ("completed", 1)


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_c11_passing_failures_are_retried_and_counted(lab: Lab, sqlstate: str) -> None:
    lab.table()
    lab.policy()
    fail_at(lab, sqlstate, times=3)
    lab.run().succeeded()
    lab.balanced()
    (row,) = lab.runs()
    assert (row.state, row.rows_done, row.detail["retries"]) == ("completed", EXPIRED, 3)


def test_c11_retries_are_bounded(lab: Lab) -> None:
    lab.table()
    lab.policy()
    lab.setting("retry_limit", "2")
    fail_at(lab, "40001", times=1000)
    lab.run().succeeded()
    (row,) = lab.runs()
    # what does not pass is the row's: it stays, and the others go
    assert (row.state, row.stop_reason, row.sqlstate, row.rows_done) == (
        "partial",
        "error",
        "40001",
        EXPIRED - 1,
    )
    assert row.detail["refused"] == {"40001": 1}
    # two for each range that holds the row; the halves before it succeed
    assert 2 <= int(str(row.detail["retries"])) <= 2 * 8
    assert int(str(lab.value("select last_value from app.failures"))) > int(str(row.detail["retries"]))
    lab.balanced()
    lab.db.execute("drop trigger fail on app.events")
    lab.converges()


def fail_at(lab: Lab, sqlstate: str, times: int) -> None:
    """Let the delete of row 400 fail so many times; a sequence counts, which no rollback takes back."""
    lab.db.execute(
        f"""create sequence app.failures;
        create function app.fail() returns trigger language plpgsql as $$
        begin
            if nextval('app.failures') <= {times} then
                raise exception using errcode = '{sqlstate}', message = 'try again';
            end if;
            return null;
        end $$;
        create trigger fail after delete on app.events
        for each row when (old.id = 400) execute function app.fail()""".encode()
    )
