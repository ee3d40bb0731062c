"""Faults of the table of outcomes, fired by pg_cron, each read where people look in the morning.

What pg_cron recorded (``cron.job_run_details``), what ``pydb.schedule_status`` says, and what doctor finds:
no night that did nothing while something was due may look like one that went well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from pydb import db, schedule
from tests.lint.roles import ROLES_FILE
from tests.schedule.conftest import ROWS, Site, make_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import CronServerFactory

YEARLY: Final = "0 0 1 1 *"
# a role for each way of running: what it may not do, or how its sessions are
ROLES: Final = {
    "nightly": "",
    "hasty": "alter role hasty set statement_timeout = '700 ms'",
    "reader": "alter role reader set default_transaction_read_only = on",
    "replica": "alter role replica set session_replication_role = replica",
    "stranger": "",
    "instant": "alter role instant set statement_timeout = 1",
}


class Outcome(NamedTuple):
    """Of the last run of a policy: in pg_cron's log, and in pydb's."""

    cron: str
    state: str
    reason: str
    sqlstate: str | None


@dataclass(frozen=True)
class Fault:
    """What is wrong with table t.<name> and its policy, and what must be seen of it."""

    outcome: Outcome
    doctor: str | None = None
    role: str = "nightly"
    setup: str = ""
    policy: str = ""
    gated: bool = False


FAULTS: Final = {
    "fine": Fault(Outcome("succeeded", "completed", "exhausted", None)),
    "read_only": Fault(Outcome("succeeded", "completed", "exhausted", None), "read_only_default", "reader"),
    "unfit": Fault(Outcome("failed", "blocked", "error", "YD001"), "unfit_session", "replica"),
    "privilege": Fault(Outcome("failed", "blocked", "error", "YD005"), "missing_privilege", "stranger"),
    "published": Fault(
        Outcome("failed", "blocked", "error", "YD014"),
        "publication",
        setup="create publication p for table {0}",
    ),
    "filtered": Fault(
        Outcome("failed", "blocked", "error", "YD014"),
        "publication",
        setup="alter table {0} add primary key (id); "
        "create publication f for table {0} where (at > '2020-01-01')",
    ),
    "hidden": Fault(
        Outcome("failed", "blocked", "error", "42501"),
        "row_security",
        setup="alter table {0} enable row level security",
    ),
    "fuse": Fault(Outcome("failed", "blocked", "fuse", "YD104"), policy=", p_fuse_rows => 1"),
    "referenced": Fault(
        Outcome("failed", "blocked", "referenced", "YD112"),
        setup="alter table {0} add primary key (id); create table {0}_child (id bigint references {0});"
        "insert into {0}_child values (1); grant select on {0}_child to nightly",
        policy=", p_on_referenced => 'error'",
    ),
    "gone": Fault(Outcome("failed", "blocked", "error", "YD106"), "target_gone"),
    "locked": Fault(Outcome("failed", "blocked", "locked", "55P03")),
    "slow": Fault(
        Outcome("failed", "blocked", "time_budget", "57014"), "statement_timeout", "hasty", gated=True
    ),
    "cancelled": Fault(Outcome("failed", "cancelled", "cancelled", "57014"), gated=True),
    "twice": Fault(Outcome("succeeded", "skipped", "locked", "55006"), gated=True),
    "killed": Fault(Outcome("failed", "interrupted", "error", None), gated=True),
    # before the first statement of the CALL: its transaction is undone, so pydb's log has nothing
    "instant": Fault(Outcome("failed", "", "", None), "statement_timeout", "instant"),
    "rests": Fault(
        Outcome("succeeded", "partial", "kill_switch", None), "kill_switch", policy=", p_rows_per_second => 1"
    ),
}
ATTENTION: Final = {name for name, fault in FAULTS.items() if fault.outcome.cron == "failed"}


@dataclass
class Night:
    """What was found after all of them had been fired."""

    outcomes: dict[str, Outcome]
    cron_messages: dict[str, str]
    failing: str
    doctor: dict[str, tuple[str, str | None, str | None]]
    hints: dict[str, str]
    steps: dict[str, str | None]
    dead: list[tuple[object, ...]]


def build(site: Site) -> None:
    """A table and a policy for each fault, a job that a start of pg_cron fires, and one of the year."""
    site.db.execute(ROLES_FILE.read_bytes())
    for role, setting in ROLES.items():
        site.db.execute(f"create role {role} login in role pydb_runner; {setting}".encode())
        site.db.execute(f"grant usage on schema t to {role}; grant select on t.gate to {role}".encode())
    for name, fault in FAULTS.items():
        table = f"t.{name}"
        site.db.execute(
            f"create table {table} (like t.event); insert into {table} select * from t.event".encode()
        )
        if name != "privilege":
            site.db.execute(f"grant select, delete on {table} to {fault.role}".encode())
        site.db.execute(fault.setup.format(table).encode())
        if fault.gated:
            site.db.execute(
                f"create trigger gate before delete on {table} for each statement"
                " execute function t.wait_at_gate()".encode()
            )
        site.db.execute(
            f"select pydb.retention_policy_set('{name}', '{table}', 'at', '1 day', p_schedule => '{YEARLY}',"
            f" p_fuse_share => 1{fault.policy})".encode()
        )
    site.db.execute("select pydb.setting_set('retry_limit', '1'), pydb.setting_set('lock_timeout', '10 ms')")
    with db.connect(site.dsn) as conn:
        schedule.sync(conn)
    site.db.execute("drop table t.gone")
    for name, fault in FAULTS.items():
        site.db.execute(
            "update cron.job set username = %s where jobname = %s", (fault.role, f"pydb/app/{name}")
        )
    site.db.execute(
        "select cron.schedule_in_database('boot/' || jobname, '@reboot', command, database, username)"
        " from cron.job where jobname like 'pydb/%'"
    )


def pid_of(site: Site, name: str) -> object:
    site.wait_for("select exists (select from pydb.job_run where state = 'running' and subject = %s)", name)
    return site.one("select pid from pydb.job_run where state = 'running' and subject = %s", name)


def strike(site: Site) -> None:
    """Do what makes trouble for those that are running."""
    names = [name for name, fault in FAULTS.items() if fault.gated and name != "slow"]
    pids = {name: pid_of(site, name) for name in names}
    site.db.execute("select pg_cancel_backend(%s)", (pids["cancelled"],))
    site.db.execute("select pg_terminate_backend(%s, 5000)", (pids["killed"],))
    # the same again, while the first is live
    with db.connect(site.dsn) as conn:
        conn.execute("call pydb.retention_run('twice')")
    site.wait_for("select exists (select from pydb.job_run where subject = 'rests' and batches > 0)")
    ended = (
        "select count(*) = 1 from pydb.job_run where state = 'running' and subject not in ('rests', 'killed')"
    )
    site.wait_for(ended)
    site.db.execute("select pydb.retention_pause()")
    site.wait_for("select state <> 'running' from pydb.job_run where subject = 'rests'")


def look(site: Site) -> Night:
    """Read what everybody reads."""
    site.wait_for(
        "select count(*) = %s from cron.job_run_details where status in ('succeeded', 'failed')",
        len(FAULTS) - 1,  # all but the first of twice
    )
    said = site.rows(
        "select s.policy, s.last_status,"
        " case when r.id is null then '' when r.is_dead then 'interrupted' else r.state end,"
        " coalesce(r.stop_reason, case when r.id is null then '' else 'error' end), r.sqlstate, r.next_step,"
        " s.last_message"
        " from pydb.schedule_status as s"
        " left join lateral (select max(id) as id from pydb.job_run where subject = s.policy) as m on true"
        " left join pydb.run_list as r on r.id = m.id where s.policy is not null"
    )
    findings = site.rows(
        "select reason_code, status, detail, hint from pydb.doctor() where status <> 'ok'"
        " or reason_code = 'read_only_default'"
    )
    return Night(
        outcomes={str(row[0]): Outcome(*row[1:5]) for row in said},  # type: ignore[arg-type]
        cron_messages={str(row[0]): str(row[6]) for row in said},
        failing=str(site.one("select detail from pydb.doctor() where reason_code = 'failing'")),
        doctor={str(row[0]): (str(row[1]), row[2], row[3]) for row in findings},  # type: ignore[misc]
        hints={
            str(name): str(hint)
            for name, hint in site.rows("select subject, detail ->> 'hint' from pydb.job_run")
        },
        steps={str(row[0]): row[5] for row in said},  # type: ignore[misc]
        dead=site.rows("select subject, state from pydb.retention_job_log where is_dead"),
    )


@pytest.fixture(scope="module")
def night(new_cron_server: CronServerFactory) -> Iterator[Night]:
    """One start of the server fires them all: no minute has to pass."""
    with new_cron_server() as server:
        site = make_site(server.app_dsn)
        build(site)
        server.restart()
        site.reconnect()
        with db.connect(site.dsn) as rival:
            rival.execute("begin; lock table t.locked in access exclusive mode")
            strike(site)
            yield look(site)
            rival.execute("rollback")
        site.open_gate()
        site.db.close()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_a_night_as_it_should(night: Night, name: str) -> None:
    fault = FAULTS[name]
    seen = night.outcomes[name]
    # of what runs twice pg_cron still has the first: it has not ended
    assert seen == (fault.outcome._replace(cron="running") if name == "twice" else fault.outcome)


@pytest.mark.parametrize("name", sorted(name for name, fault in FAULTS.items() if fault.doctor))
def test_doctor_names_what_is_wrong_and_the_line_that_mends_it(night: Night, name: str) -> None:
    reason = FAULTS[name].doctor
    assert reason is not None
    status, detail, hint = night.doctor[reason]
    assert status in ("degraded", "error", "ok")
    assert hint or status == "ok"
    if reason not in ("kill_switch",):
        assert detail is not None
        assert (FAULTS[name].role if status == "ok" or reason == "statement_timeout" else name) in detail


@pytest.mark.parametrize("name", sorted(ATTENTION))
def test_a_failure_is_recorded_by_pg_cron_and_told_by_doctor(night: Night, name: str) -> None:
    assert f"pydb/app/{name}" in night.failing
    assert night.cron_messages[name]


def test_the_cure_stands_with_the_run(night: Night) -> None:
    assert night.hints["privilege"] == "grant select, delete on t.privilege to stranger;"
    assert night.hints["published"] == "alter table t.published replica identity full;"
    assert night.hints["filtered"] == "alter table t.filtered replica identity full;"
    assert night.hints["hidden"] == "alter role nightly bypassrls;"
    assert night.hints["unfit"]
    assert "lock_timeout" in night.hints["locked"]
    for name in ("privilege", "published", "hidden"):
        assert night.steps[name] == night.hints[name]
        assert night.hints[name] in night.cron_messages[name]


def test_a_run_beside_a_live_one_is_not_told_to_repeat(night: Night) -> None:
    assert (
        night.steps["twice"] == "another run of it is live: pydb runs list --state running --kind retention"
    )


def test_a_dead_run_was_settled_by_the_others(night: Night) -> None:
    assert night.dead == []


def test_nothing_of_what_is_due_goes_in_silence(night: Night) -> None:
    quiet = {name for name, seen in night.outcomes.items() if seen.state == "completed"}
    assert quiet == {"fine", "read_only"}
    assert ROWS > 0
