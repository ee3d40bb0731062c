"""Pause, kill switch, order, isolation of failures, settings, the audit log, and the one bare CALL (H5)."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import NOW, OLD, YOUNG, Lab, refused

if TYPE_CHECKING:
    from tests.servers import TestServer

DONE = ("completed", "exhausted")
CALL = f"call pydb.retention_run(p_policy => 'p', p_now => '{NOW.isoformat()}')"


def test_h05_a_bare_call_commits_as_it_goes(table: Lab) -> None:
    table.policy()
    table.do(CALL)
    assert table.ids() == [5, 6, 7]


@pytest.mark.parametrize(
    "command", [f"select 1; {CALL}", f"{CALL}; select 1", f"set lock_timeout = '1s'; {CALL}"]
)
def test_h05_two_statements_are_one_transaction_and_delete_nothing(table: Lab, command: str) -> None:
    table.policy()
    with refused("2D000"):
        table.do(command)
    assert table.number("select count(*) from public.t") == 7
    assert table.runs() == []
    table.do(CALL)
    assert table.run().end == DONE


def test_h05_a_call_in_a_transaction_block_or_a_function_deletes_nothing(table: Lab) -> None:
    table.policy()
    table.db.execute("begin")
    with refused("2D000"):
        table.do(CALL)
    table.db.execute("rollback")
    with refused("2D000"):
        table.do(f"do $$begin begin {CALL}; exception when no_data_found then null; end; end$$")
    assert table.number("select count(*) from public.t") == 7
    assert table.runs() == []


def test_a_paused_policy_is_skipped_and_its_batch_refused(table: Lab) -> None:
    table.policy()
    assert "paused" in str(table.one("select pydb.retention_pause('p', 'migration')"))
    assert table.rows("select paused_by, paused_reason from pydb.retention_policy where not builtin") == [
        ("postgres", "migration")
    ]
    assert "paused by postgres" in table.warnings()
    call = table.call()
    assert (call.run.end, call.run.rows_done, call.sqlstate) == (("skipped", "paused"), 0, None)
    assert [severity for severity, _ in call.messages] == ["WARNING"]
    with refused("YD111"):
        table.batch()
    assert table.run(dry_run=True).end == DONE
    table.policy(max_rows=100)  # an edit does not end the pause
    assert table.run().end == ("skipped", "paused")
    assert "no longer" in str(table.one("select pydb.retention_resume('p')"))
    assert table.prune().end == DONE


def test_a_disabled_policy_is_skipped(table: Lab) -> None:
    table.policy(enabled=False)
    assert table.run().end == ("skipped", "paused")
    assert table.call(None).runs == []
    assert table.number("select count(*) from public.t") == 7


def test_the_kill_switch_stops_everything(table: Lab) -> None:
    table.policy()
    table.do("select pydb.retention_pause()")
    assert "kill switch" in table.warnings()
    assert table.run().end == ("skipped", "kill_switch")
    with refused("YD111"):
        table.batch()
    assert table.number("select count(*) from public.t") == 7
    table.do("select pydb.retention_resume()")
    assert table.prune().end == DONE
    assert [action for action, _ in table.audit()][1:5] == [
        "setting_set", "retention_pause", "setting_set", "retention_resume",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "end"),
    [
        ("perform pydb.retention_pause()", ("partial", "kill_switch")),
        ("perform pydb.retention_pause('p')", ("partial", "paused")),
        ("perform pydb.retention_policy_drop('p')", ("cancelled", "cancelled")),
    ],
)
def test_an_order_given_in_the_middle_is_obeyed_after_the_batch(
    lab: Lab, order: str, end: tuple[str, str]
) -> None:
    # the first deleted row gives the order, in the transaction of its own batch
    lab.do(
        f"""create table public.t (id int, at timestamptz, fat text);
        alter table public.t alter fat set storage plain;
        insert into public.t select i, '{OLD}', repeat('x', 2000) from generate_series(1, 2000) as i;
        create function public.order_it() returns trigger language plpgsql as
            $$begin if old.id = 1 then {order}; end if; return null; end$$;
        create trigger order_it after delete on public.t for each row execute function public.order_it();"""
    )
    lab.policy()
    call = lab.call()
    assert call.run.end == end
    assert 0 < call.run.rows_done < 2_000
    assert call.run.batches == 1
    assert lab.number("select count(*) from public.t") == 2_000 - call.run.rows_done


def test_an_edit_in_the_middle_holds_from_the_next_batch(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int, at timestamptz, fat text);
        alter table public.t alter fat set storage plain;
        insert into public.t select i, '{OLD}', repeat('x', 2000) from generate_series(1, 2000) as i;
        create function public.edit() returns trigger language plpgsql as
            $$begin if old.id = 1 then
                perform pydb.retention_policy_set('p', 'public.t', 'at', '30 days', p_filter => 'id % 2 = 0',
                    p_fuse_share => 1);
            end if; return null; end$$;
        create trigger edit after delete on public.t for each row execute function public.edit();"""
    )
    lab.policy()
    run = lab.run()
    left = lab.ids()
    assert run.end == DONE
    assert run.rows_done == 2_000 - len(left)
    assert left
    assert all(isinstance(number, int) and number % 2 for number in left)


def test_children_are_pruned_before_their_parents(lab: Lab) -> None:
    lab.do(
        """create table public.a (id int primary key, at timestamptz);
        create table public.b (id int primary key, a_id int references public.a, at timestamptz);
        create table public.between (id int primary key, b_id int references public.b);
        create table public.c (id int primary key, x int references public.between, at timestamptz);
        create table public.other (id int primary key, at timestamptz);"""
    )
    for name in ("a", "b", "c", "other"):
        lab.policy(name, table=f"public.{name}")
    ran = [run.subject for run in lab.call(None).runs]
    assert ran.index("c") < ran.index("b") < ran.index("a")
    assert sorted(ran) == ["a", "b", "c", "other"]


def test_keys_in_a_ring_have_some_order(lab: Lab) -> None:
    lab.do(
        """create table public.a (id int primary key, b_id int, at timestamptz);
        create table public.b (id int primary key, a_id int references public.a, at timestamptz);
        alter table public.a add foreign key (b_id) references public.b;"""
    )
    lab.policy("a", table="public.a")
    lab.policy("b", table="public.b")
    assert sorted(run.subject for run in lab.call(None).runs) == ["a", "b"]


@pytest.mark.parametrize("fault", ["filter", "dropped", "fuse"])
def test_one_failing_policy_leaves_the_others_done(lab: Lab, fault: str) -> None:
    lab.do("".join(f"create table public.t{i} (id int, at timestamptz, n int); insert into public.t{i} "
                   f"values (1, '{OLD}', 1), (2, '{YOUNG}', 1);" for i in (1, 2, 3)))  # fmt: skip
    for i in (1, 2, 3):
        lab.policy(f"p{i}", table=f"public.t{i}", filter="1 / n = 1")
    lab.do(
        {
            "filter": "update public.t2 set n = 0",
            "dropped": "drop table public.t2",
            "fuse": """select pydb.retention_policy_set('p2', 'public.t2', 'at', '30 days',
                p_fuse_share => 0.1)""",
        }[fault]
    )
    call = lab.call(None)
    states = {run.subject: run.state for run in call.runs}
    assert states == {
        "p1": "completed",
        "p2": "failed" if fault == "filter" else "blocked",
        "p3": "completed",
    }
    assert call.sqlstate == ("YD110" if fault == "filter" else "YD111")
    assert (lab.ids("public.t1"), lab.ids("public.t3")) == ([2], [2])
    if fault != "dropped":
        assert lab.ids("public.t2") == [1, 2]


def test_a_failure_outweighs_a_block_in_the_error_of_the_call(lab: Lab) -> None:
    lab.do("".join(f"create table public.t{i} (id int, at timestamptz, n int); insert into public.t{i} "
                   f"values (1, '{OLD}', 1);" for i in (1, 2, 3)))  # fmt: skip
    lab.policy("p1", table="public.t1", fuse_share=0.1)
    lab.policy("p2", table="public.t2", filter="1 / n = 1")
    lab.policy("p3", table="public.t3", fuse_share=0.1)
    lab.do("update public.t2 set n = 0")
    call = lab.call(None)
    assert call.sqlstate == "YD110"
    assert [run.state for run in call.runs] == ["blocked", "failed", "blocked"]
    # the call's error names one; each of the others was said
    assert {"p1", "p2", "p3"} <= {word for _, text in call.messages for word in text.replace(":", "").split()}


@pytest.mark.parametrize("statement", [
    "update pydb.audit_log set actor = 'nobody'", "delete from pydb.audit_log", "truncate pydb.audit_log",
    "delete from pydb.audit_log where false",
])  # fmt: skip
def test_the_audit_log_is_append_only(table: Lab, statement: str) -> None:
    table.policy()
    with refused("YD009"):
        table.do(statement)
    assert table.audit() == [("retention_policy_set", "p")]


def test_the_audit_log_has_every_change(table: Lab) -> None:
    table.policy()
    table.policy(max_rows=3)
    table.do("select pydb.retention_pause('p', 'why')")
    table.do("select pydb.retention_resume('p')")
    table.run()
    table.batch()
    table.do("select pydb.retention_policy_drop('p')")
    assert table.audit() == [
        ("retention_policy_set", "p"),
        ("retention_policy_set", "p"),
        ("retention_pause", "p"),
        ("retention_resume", "p"),
        ("retention_run", "p"),
        ("retention_batch", "p"),
        ("retention_policy_drop", "p"),
    ]
    old, new = table.rows(
        "select arguments -> 'old' -> 'max_rows', arguments -> 'new' -> 'max_rows' "
        "from pydb.audit_log order by id"
    )[1]
    assert (old, new) == (None, 3)
    assert (
        table.one("select bool_and(actor = session_user and at <= clock_timestamp()) from pydb.audit_log")
        is True
    )


def test_the_audit_log_names_the_login_role(table: Lab) -> None:
    table.do("set role pg_monitor; reset role; set session authorization default")
    table.do("create role auditor_test superuser")
    try:
        table.do("set role auditor_test")
        table.policy()
        table.do("reset role")
        assert table.one("select actor from pydb.audit_log") == "postgres"
        assert table.one("select author from pydb.retention_policy where not builtin") == "postgres"
    finally:
        table.do("reset role; drop role auditor_test")


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("kill_switch", ("maybe", "", None), ("on", "off", "true")),
        ("min_keep", ("0", "-1 day", "x", None), ("1 second", "1 year")),
        ("batch_target", ("9 ms", "61 s", "x", None), ("10 ms", "60 s")),
        ("lock_timeout", ("0", "9 ms", "61 s", None), ("10 ms", "60 s")),
        ("retry_limit", ("-1", "101", "1.5", None), ("0", "100")),
        ("stale_after", ("59 s", "x", None), ("1 min",)),
        ("schedule_backend", ("cron", "", None), ("auto", "pg_cron", "pydb", "external")),
        ("schedule_grace", ("-1 s", "x", None), ("0", "2 hours")),
    ],
)
def test_settings_have_bounds(
    lab: Lab, name: str, bad: tuple[str | None, ...], good: tuple[str, ...]
) -> None:
    before = lab.one("select value from pydb.setting where name = %s", name)
    for value in bad:
        with refused("YD008"):
            lab.rows("select pydb.setting_set(%s, %s)", name, value)
    assert lab.one("select value from pydb.setting where name = %s", name) == before
    assert lab.audit() == []
    for value in good:
        lab.rows("select pydb.setting_set(%s, %s)", name, value)
        assert lab.one("select pydb_internal.setting_get(%s)", name) == value
    changes = len({before, *good}) - (before in good[:1])
    assert len(lab.audit()) >= min(changes, 1)


def test_an_unknown_setting_is_refused_with_the_known_ones(lab: Lab) -> None:
    with refused("YD008") as refusal:
        lab.do("select pydb.setting_set('kil_switch', 'on')")
    assert "kill_switch" in refusal.detail


def test_a_standby_or_a_read_only_session_does_nothing_and_says_so(table: Lab) -> None:
    table.policy()
    table.do("set default_transaction_read_only = on")
    call = table.call()
    assert (call.runs, call.sqlstate) == ([], None)
    assert call.messages[0][0] == "WARNING"
    table.do("set default_transaction_read_only = off")
    assert table.number("select count(*) from public.t") == 7


def test_a_session_without_foreign_keys_is_refused(table: Lab) -> None:
    table.policy()
    table.do("set session_replication_role = replica")
    assert table.run().end == ("blocked", "error")
    with refused("YD001"):
        table.batch()
    assert table.number("select count(*) from public.t") == 7


def test_a_run_without_policies_says_how_one_is_set(lab: Lab, server: TestServer, dsn: str) -> None:
    hints: list[str | None] = []
    lab.db.add_notice_handler(lambda diagnostic: hints.append(diagnostic.message_hint))
    lab.do("call pydb.retention_run()")
    (hint,) = hints
    command = [str(server.bin_dir / "psql"), "-X", "-d", dsn, "-c", str(hint).removeprefix("psql: ")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "p_keep interval" in shown.stdout
