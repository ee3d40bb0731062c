"""C12: the table changes under the run, which plans anew, or ends by name: no delete by a stale plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

import pytest

from tests.faults.lab import AFTER_GATE, Background

if TYPE_CHECKING:
    from tests.faults.lab import Lab

# what is done to app.events, and how the run ends that finds it so: it plans anew, where that is possible
GOES_ON = ("completed", "exhausted", None)
CHANGES: dict[str, tuple[LiteralString, tuple[str, str, str | None]]] = {
    "add column": ("alter table app.events add column note text default 'x'", GOES_ON),
    "drop another column": ("alter table app.events drop column filler", GOES_ON),
    "drop the time column": ("alter table app.events drop column at", ("failed", "error", "YD102")),
    "rename the time column": (
        "alter table app.events rename column at to created",
        ("failed", "error", "YD102"),
    ),
    "change a type": ("alter table app.events alter column filler type varchar(1000)", GOES_ON),
    "rewrite": ("alter table app.events set unlogged", GOES_ON),
    "new foreign key": ("create table app.child (id bigint references app.events)", GOES_ON),
    "new foreign key, not valid": (
        """create table app.child (id bigint); insert into app.child values (600);
        alter table app.child add foreign key (id) references app.events not valid""",
        ("partial", "referenced", None),
    ),
    "drop table": ("drop table app.events", ("blocked", "error", "YD106")),
    "truncate": ("truncate app.events", GOES_ON),
    "vacuum full": ("vacuum full app.events", GOES_ON),
    "move rows": ("cluster app.events using events_pkey", GOES_ON),
    "disable a trigger": ("alter table app.events disable trigger gate", GOES_ON),
    "trigger that keeps rows": (
        """create function app.keep() returns trigger language plpgsql as 'begin return null; end';
        create trigger keep before delete on app.events for each row execute function app.keep()""",
        ("partial", "no_progress", None),
    ),
    "rule that keeps rows": (
        "create rule keep as on delete to app.events do instead nothing",
        ("partial", "no_progress", None),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_c12_a_change_is_planned_anew_or_named(lab: Lab, change: str) -> None:
    """The DDL queues up behind the batch and comes before the next one."""
    statement, end = CHANGES[change]
    lab.table()
    lab.policy()
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        ddl = Background(lab.session(), statement)
        lab.until_blocked(ddl.pid, run.pid)
        gate.open()
        ddl.succeeded()
        failure = {"failed": "YD110", "blocked": "YD111"}.get(end[0])
        if failure:
            assert run.failed() == failure
        else:
            run.succeeded()
    (row,) = lab.runs()
    assert (row.state, row.stop_reason, row.sqlstate) == end
    done = lab.value("select sum(rows)::int from app.effect")
    assert row.rows_done == done
    if failure or change == "truncate" or end[1] == "no_progress":
        assert done == AFTER_GATE
    if change not in ("drop table", "truncate"):
        lab.balanced()
    if end == GOES_ON and change != "truncate":
        lab.converges()


def test_c12_dropped_table_is_named_by_the_next_run(lab: Lab) -> None:
    lab.table()
    lab.policy()
    lab.db.execute("drop table app.events")
    assert lab.run().failed() == "YD111"
    (row,) = lab.runs()
    assert (row.state, row.sqlstate, row.rows_done) == ("blocked", "YD106", 0)
    lab.db.execute("create table app.events (id bigint, at timestamptz)")
    lab.db.execute("insert into app.events values (1, now() - interval '1 year')")
    assert lab.run().failed() == "YD111"
    assert lab.value("select count(*)::int from app.events") == 1


def test_c12_lost_time_column_is_named_by_the_next_run(lab: Lab) -> None:
    lab.table()
    lab.policy()
    lab.db.execute("alter table app.events drop column at")
    assert lab.run().failed() in ("YD110", "YD111")
    (row,) = lab.runs()
    assert (row.sqlstate, row.rows_done) == ("YD102", 0)
    assert lab.gone() == 0


def test_c12_dropped_table_during_the_count_ends_that_policy_alone(lab: Lab) -> None:
    for name in ("a", "b"):
        lab.table(name)
        lab.policy(name)
    lab.setting("lock_timeout", "60 s")
    other = lab.session()
    other.execute("begin")
    other.execute("drop table app.a")
    run = lab.start(None)
    lab.until_blocked(run.pid, other.info.backend_pid)
    other.execute("commit")
    assert run.failed() in ("YD110", "YD111")
    assert lab.runs("a")[-1].state in ("failed", "blocked")
    assert lab.runs("b")[-1].state == "completed"
    lab.balanced("b")


@pytest.mark.parametrize("concurrently", ["", "concurrently"])
def test_c12_partition_detached_under_the_run_keeps_its_rows(lab: Lab, concurrently: LiteralString) -> None:
    lab.table("old")
    lab.db.execute("drop trigger note_effect on app.old; alter table app.old drop constraint old_pkey")
    lab.db.execute(
        "create table app.events (id bigint not null, at timestamptz, filler text) partition by range (id);"
        "alter table app.events attach partition app.old for values from (0) to (100000)"
    )
    lab.policy()
    with lab.gate("old") as gate:
        run = lab.start()
        gate.reached_by(run)
        ddl = Background(lab.session(), "alter table app.events detach partition app.old " + concurrently)
        lab.until_blocked(ddl.pid, run.pid)
        gate.open()
        run.succeeded()
        ddl.succeeded()
    (row,) = lab.runs()
    assert (row.state, row.sqlstate) == ("completed", None)
    assert row.rows_done == lab.gone("old") == AFTER_GATE
