"""For each alert the fault that it is about, on real servers, and its repair."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import psycopg

from tests.alerts.paging import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pydb import embedded
    from tests.alerts.paging import Exporter, Labels, Prometheus
    from tests.conftest import Connection
    from tests.servers import CronServer

POLICIES: Final = (
    "plain", "late", "failing", "narrow", "growing", "skewed", "fused", "stuck", "slow", "archived",
)  # fmt: skip
# a day lasts twelve seconds: every four is a run due
EVERY: Final = "0 */8 * * *"
TICK: Final = 2.0


class Clock(threading.Thread):
    """Fires what is scheduled, as often as the scaled schedules say, until it is stopped."""

    def __init__(self, dsn: str) -> None:
        super().__init__(daemon=True)
        self.dsn = dsn
        self.left_out: set[str] = set()
        # subject → an expression for p_now
        self.skewed: dict[str, str] = {}
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            # one session as long as the server is up: a new one compiles everything anew
            with contextlib.suppress(psycopg.Error), psycopg.connect(self.dsn, autocommit=True) as session:
                while not self.over.wait(TICK) and not session.closed:
                    self._fire(session)
            self.over.wait(0.1)

    def _fire(self, session: Connection) -> None:
        for name in (*POLICIES, "idempotency_key"):
            if name not in self.left_out:
                with contextlib.suppress(psycopg.DatabaseError):
                    now = self.skewed.get(name, "null")
                    session.execute(f"call pydb.retention_run('{name}', p_now => {now})".encode())
        if "scan" not in self.left_out:
            session.execute("call pydb.orphan_scan_run()")


@dataclass
class World:
    """One server with pg_cron, its standby, two databases with an exporter each, and who looks at them."""

    server: CronServer
    standby: embedded.Server
    app: Exporter
    spare: Exporter
    clock: Clock
    prometheus: Prometheus
    # where `pydb` lies
    tools: Path
    sessions: list[Connection] = field(default_factory=list)

    def connect(self, exporter: Exporter | None = None) -> Connection:
        self.sessions.append(psycopg.connect((exporter or self.app).dsn, autocommit=True))
        return self.sessions[-1]

    @contextlib.contextmanager
    def without(self, name: str) -> Iterator[None]:
        """The clock does not fire it."""
        self.clock.left_out.add(name)
        yield
        self.clock.left_out.discard(name)


@dataclass(frozen=True)
class Fault:
    """A fault, the alerts that it sets off (labels, and what the runbook's first command must say)."""

    name: str
    alerts: dict[str, tuple[Labels, str]]
    happen: Callable[[World], AbstractContextManager[None]]
    of_spare: bool = False


def prepare(session: Connection) -> None:
    """Tables, policies, references and jobs: all is well."""
    session.execute("create schema app")
    for name in POLICIES:
        session.execute(f"create table app.{name} (id bigint primary key, at timestamptz not null)".encode())
        action = "archive" if name == "archived" else "delete"
        session.execute(
            "select pydb.retention_policy_set(%s, %s::text::regclass, 'at', '1 day',"
            " p_schedule => %s, p_action => %s)",
            (name, f"app.{name}", EVERY, action),
        )
    session.execute(
        """insert into app.archived select i, now() - interval '2 days' from generate_series(1, 10) as i;
        insert into app.archived select i, now() from generate_series(11, 40) as i;
        insert into app.failing select * from app.archived where id > 10;
        select pydb.retention_policy_set('narrow', 'app.narrow', 'at', '1 day',
            p_schedule => '0 */8 * * *', p_max_rows => 1, p_fuse_share => 1);
        select pydb.retention_policy_set('growing', 'app.growing', 'at', '1 day',
            p_schedule => '0 */8 * * *', p_max_rows => 1, p_fuse_share => 1);
        select pydb.retention_policy_set('skewed', 'app.skewed', 'at', '1 day',
            p_schedule => '0 */8 * * *', p_fuse_share => 1);
        select pydb.retention_policy_set('stuck', 'app.stuck', 'at', '1 day',
            p_schedule => '0 */8 * * *', p_fuse_share => 1);
        create table app.gate (open boolean);
        create function app.wait_at_gate() returns trigger language plpgsql as $$
        begin
            while not exists (select from app.gate) loop perform pg_sleep(0.1); end loop;
            return null;
        end $$;
        create table app.owner (id int primary key);
        create table app.thing (id int primary key, owner int references app.owner on delete cascade);
        create index thing_owner_idx on app.thing (owner);
        create table app.note (id int primary key, owner int);
        create index note_owner_idx on app.note (owner);
        insert into app.owner select generate_series(1, 9);
        insert into app.thing select i, i from generate_series(1, 9) as i;
        insert into app.note select i, i from generate_series(1, 9) as i;
        select pydb.reference_set('app.note', '{owner}', 'app.owner', '{id}');
        select pydb.setting_set('orphan_min_age', '0');
        update pydb.retention_policy set schedule = '0 */8 * * *' where builtin;
        select pydb.schedule_set('orphan_scan_run', '0 */8 * * *');
        select pydb.schedule_set('audit_seal_run', '0 */8 * * *');
        select pydb.schedule_sync()"""
    )
    session.execute("call pydb.retention_run()")
    session.execute("call pydb.orphan_scan_run()")
    session.execute("call pydb.audit_seal_run()")


def prepare_spare(session: Connection) -> None:
    session.execute(
        """update pydb.retention_policy set schedule = null where builtin;
        create schema app;
        create table app.big (id bigint primary key, at timestamptz not null) with (autovacuum_enabled = off);
        select pydb.retention_policy_set('big', 'app.big', 'at', '1 day');
        insert into app.big select i, now() from generate_series(1, 180000) as i;
        analyze app.big"""
    )
    session.execute("call pydb.retention_run('big')")
    session.execute("call pydb.audit_seal_run()")


@contextlib.contextmanager
def rebooted(world: World) -> Iterator[None]:
    """pg_cron starts a job that hangs, and twice one that gets no answer from where it connects to."""
    deaf = socket.create_server(("127.0.0.1", 0))
    session = world.connect()
    session.execute(
        """insert into app.stuck select i, now() - interval '2 days' from generate_series(1, 10) as i;
        create trigger gate before delete on app.stuck for each statement execute function app.wait_at_gate();
        select cron.schedule('boot stuck', '@reboot', 'call pydb.retention_run(''stuck'')');
        select cron.schedule('boot slow', '@reboot', 'call pydb.retention_run(''slow'')');
        select cron.schedule('boot slow again', '@reboot', 'call pydb.retention_run(''slow'')')"""
    )
    session.execute(
        "update cron.job set nodename = '127.0.0.1', nodeport = %s where jobname like 'boot slow%%'",
        (deaf.getsockname()[1],),
    )
    session.close()
    with world.without("stuck"):
        world.server.restart()
        try:
            yield
        finally:
            session = world.connect()
            session.execute("insert into app.gate values (true)")
            session.execute("select cron.unschedule(jobid) from cron.job where jobname like 'boot%'")
            deaf.close()


@contextlib.contextmanager
def exporter_gone(world: World) -> Iterator[None]:
    world.spare.stop()
    yield
    world.spare.start()


@contextlib.contextmanager
def pydb_gone(world: World) -> Iterator[None]:
    session = world.connect(world.spare)
    session.execute("alter schema pydb rename to pydb_gone")
    yield
    session.execute("alter schema pydb_gone rename to pydb")


@contextlib.contextmanager
def changed_by_hand(world: World) -> Iterator[None]:
    session = world.connect(world.spare)
    session.execute(
        """alter table pydb.idempotency_key rename column lease_until to lease_end;
        create function pydb.by_hand() returns int language sql as 'select 1'"""
    )
    yield
    session.execute(
        """alter table pydb.idempotency_key rename column lease_end to lease_until;
        drop function pydb.by_hand()"""
    )


@contextlib.contextmanager
def never_vacuumed(world: World) -> Iterator[None]:
    with psycopg.connect(world.spare.dsn) as session:  # what it counted is told when it leaves
        session.execute("delete from app.big where id <= 70000")
    yield
    world.connect(world.spare).execute("vacuum (analyze) app.big")


@contextlib.contextmanager
def left_open(world: World) -> Iterator[None]:
    with psycopg.connect(world.app.dsn, application_name="forgotten") as session:
        session.execute("select pg_current_xact_id()")
        yield


@contextlib.contextmanager
def paused_standby(world: World) -> Iterator[None]:
    with psycopg.connect(world.standby.dsn(), autocommit=True) as standby:
        standby.execute("select pg_wal_replay_pause()")
        session = world.connect()
        session.execute(
            "select pg_logical_emit_message(false, 'x', repeat('x', 1000000)) from generate_series(1, 110)"
        )
        session.execute("select pg_switch_wal()")
        yield
        standby.execute("select pg_wal_replay_resume()")


@contextlib.contextmanager
def not_fired(world: World) -> Iterator[None]:
    with world.without("late"):
        yield


@contextlib.contextmanager
def refusing(world: World) -> Iterator[None]:
    session = world.connect()
    session.execute(
        """create function app.refuse() returns trigger language plpgsql as $$
        begin raise exception 'this table refuses'; end $$;
        create trigger refuse before delete on app.failing for each row execute function app.refuse();
        insert into app.failing select i, now() - interval '2 days' from generate_series(1, 10) as i"""
    )
    for _ in range(2):
        with contextlib.suppress(psycopg.DatabaseError):
            session.execute("call pydb.retention_run('failing')")
    yield
    session.execute("drop trigger refuse on app.failing")


@contextlib.contextmanager
def too_little(world: World) -> Iterator[None]:
    session = world.connect()
    session.execute(
        "insert into app.narrow select i, now() - interval '2 days' from generate_series(1, 1000) as i"
    )
    yield
    session.execute(
        "select pydb.retention_policy_set('narrow', 'app.narrow', 'at', '1 day', p_schedule => %s,"
        " p_max_rows => null, p_fuse_share => 1)",
        (EVERY,),
    )


@contextlib.contextmanager
def more_than_goes(world: World) -> Iterator[None]:
    session = world.connect()
    more = "insert into app.growing select i, now() - interval '2 days' from generate_series(%s, %s) as i"
    least = 'policy:lifecycle_retention_expired_rows:min1d{policy="growing"}'
    session.execute(more, (1, 120000))
    until(lambda: any(value > 1e5 for _, value in world.prometheus.query(least)), "a day of backlog")
    session.execute(more, (120001, 180000))
    yield
    session.execute("truncate app.growing")
    session.execute(
        "select pydb.retention_policy_set('growing', 'app.growing', 'at', '1 day', p_schedule => %s,"
        " p_max_rows => null, p_fuse_share => 1)",
        (EVERY,),
    )


@contextlib.contextmanager
def wrong_clock(world: World) -> Iterator[None]:
    session = world.connect()
    world.clock.skewed["skewed"] = "now() - interval '30 days'"
    session.execute(
        "insert into app.skewed select i, now() - interval '2 days' from generate_series(1, 7777) as i"
    )
    session.execute("call pydb.retention_run('skewed', p_dry_run => true)")
    yield
    del world.clock.skewed["skewed"]


@contextlib.contextmanager
def all_expired(world: World) -> Iterator[None]:
    session = world.connect()
    session.execute(
        "insert into app.fused select i, now() - interval '2 days' from generate_series(1, 100) as i"
    )
    yield
    session.execute("truncate app.fused")


@contextlib.contextmanager
def kept_by_a_trigger(world: World) -> Iterator[None]:
    session = world.connect()
    job = session.execute(
        "select (pydb.cascade_request('app.owner', '[{\"id\": 9}]', '{\"*\": \"delete\"}',"
        " p_reason => 'asked')).id"
    ).fetchone()
    session.execute(
        """create function app.keep() returns trigger language plpgsql as 'begin return null; end';
        create trigger keep before delete on app.thing for each row execute function app.keep()"""
    )
    with contextlib.suppress(psycopg.DatabaseError):
        session.execute("call pydb.cascade_run(%s)", job)
    yield
    session.execute("drop trigger keep on app.thing")
    session.execute("select pydb.cascade_cancel(%s)", job)


@contextlib.contextmanager
def past_the_triggers(world: World) -> Iterator[None]:
    session = world.connect()
    session.execute("set session_replication_role = replica")
    session.execute("insert into app.thing values (100, 100)")
    yield
    session.execute("delete from app.thing where id = 100")


@contextlib.contextmanager
def without_parent(world: World) -> Iterator[None]:
    session = world.connect()
    session.execute("insert into app.note values (100, 100)")
    yield
    session.execute("delete from app.note where id = 100")


@contextlib.contextmanager
def not_scanned(world: World) -> Iterator[None]:
    with world.without("scan"):
        yield


@contextlib.contextmanager
def worker_gone(world: World) -> Iterator[None]:
    session = world.connect()
    row = session.execute(
        "select token from pydb.idempotency_claim('shop', 'order-1', p_lease => '1 ms', p_on_stale => 'hold')"
    ).fetchone()
    yield
    session.execute("select pydb.idempotency_reset('shop', 'order-1')")
    assert row


@contextlib.contextmanager
def keys_used_twice(world: World) -> Iterator[None]:
    claims = """select count(*) from generate_series(1, {}) as i
        cross join lateral pydb.idempotency_claim(
            'shop', {}, p_fingerprint => convert_to(clock_timestamp()::text, 'UTF8'), p_lease => '1 hour'
        ) as c"""
    over = threading.Event()

    def claim() -> None:
        with psycopg.connect(world.app.dsn, autocommit=True) as session:
            while not over.wait(1):
                session.execute(claims.format(100, "concat(i, gen_random_uuid())").encode())
                session.execute(claims.format(5, "left('the same' || i, 8)").encode())

    client = threading.Thread(target=claim, daemon=True)
    client.start()
    yield
    over.set()
    client.join()


@contextlib.contextmanager
def job_dropped(world: World) -> Iterator[None]:
    session = world.connect()
    session.execute("select cron.unschedule('pydb/app/plain')")
    yield
    session.execute("select pydb.schedule_sync()")


@contextlib.contextmanager
def audit_changed(world: World) -> Iterator[None]:
    session = world.connect()
    session.execute("set session_replication_role = replica")
    row = session.execute("select id, actor from pydb.audit_log order by id limit 1").fetchone()
    assert row
    session.execute("update pydb.audit_log set actor = 'nobody' where id = %s", (row[0],))
    yield
    session.execute("update pydb.audit_log set actor = %s where id = %s", (row[1], row[0]))


@contextlib.contextmanager
def archive_dropped(world: World) -> Iterator[None]:
    with world.without("archived"):
        session = world.connect()
        session.execute("drop table pydb_archive.app__archived")
        yield
        session.execute(
            "insert into app.archived select i, now() - interval '2 days' from generate_series(101, 110) as i"
        )
        session.execute("call pydb.retention_run('archived')")
        # the archive is there again, what was in it is not
        session.execute("select pydb.archive_write_off('app.archived', 'dropped in a test')")


def _policy(name: str) -> Labels:
    return {"policy": name}


def together(
    *faults: Callable[[World], AbstractContextManager[None]],
) -> Callable[[World], AbstractContextManager[None]]:
    """Faults that set off alerts of their own each, at the same time."""

    @contextlib.contextmanager
    def happen(world: World) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for fault in faults:
                stack.enter_context(fault(world))
            yield

    return happen


THING: Final = {"edge": "app.thing.thing_owner_fkey"}
# those of a row happen one after the other, rows beside each other
CHAINS: Final[tuple[tuple[Fault, ...], ...]] = (
    (
        Fault(
            "never_vacuumed_and_changed_by_hand",
            {
                "LifecycleDbDeadRatioHigh": ({"relation": "app.big"}, r"70000 dead rows"),
                "LifecycleMetricsStale": ({"collector": "idempotency"}, r'collector="idempotency"'),
                "LifecycleHealthUnknown": (
                    {"subsystem": "idempotency"},
                    "idempotency: it could not be looked at",
                ),
                "LifecycleMigrationMismatch": ({"kind": "extra"}, r"extra .*pydb[.]by_hand"),
            },
            together(never_vacuumed, changed_by_hand),
            of_spare=True,
        ),
        Fault(
            "exporter_gone",
            {"LifecycleExporterDown": ({}, "refused|Failed to connect")},
            exporter_gone,
            of_spare=True,
        ),
        Fault(
            "pydb_gone",
            {"LifecycleMetricsAbsent": ({}, "pydb is not installed")},
            pydb_gone,
            of_spare=True,
        ),
    ),
    (Fault("left_open", {"LifecycleDbOldTransaction": ({}, "forgotten")}, left_open),),
    (
        Fault(
            "paused_standby",
            {"LifecycleDbReplicaLag": ({"standby": "walreceiver"}, "walreceiver")},
            paused_standby,
        ),
    ),
    (
        Fault(
            "refusing",
            {"LifecycleRetentionRunsFailing": (_policy("failing"), "this table refuses")},
            refusing,
        ),
    ),
    (
        Fault(
            "too_little",
            {"LifecycleRetentionSlaBreached": (_policy("narrow"), "narrow .*row_budget")},
            too_little,
        ),
    ),
    (
        Fault(
            "more_than_goes",
            {"LifecycleRetentionBacklogGrowing": (_policy("growing"), "growing")},
            more_than_goes,
        ),
    ),
    (Fault("wrong_clock", {"LifecycleRetentionSilentNoop": (_policy("skewed"), r"7,?777")}, wrong_clock),),
    (Fault("all_expired", {"LifecycleRetentionGuardTripped": (_policy("fused"), "YD104")}, all_expired),),
    (
        Fault(
            "kept_by_a_trigger",
            {"LifecycleCascadeFailed": ({}, "YD304"), "LifecycleCascadePlanMismatch": ({}, "YD304")},
            kept_by_a_trigger,
        ),
    ),
    (
        Fault(
            "past_the_triggers_and_without_parent",
            {
                "LifecycleOrphansDeclared": ({**THING, "kind": "declared"}, r"app[.]thing.*\b1\b"),
                "LifecycleOrphansLogical": (
                    {"edge": "app.note.owner_ref", "kind": "logical"},
                    r"app[.]note.*\b1\b",
                ),
            },
            together(past_the_triggers, without_parent),
        ),
    ),
    (Fault("worker_gone", {"LifecycleIdempotencyStuckClaims": ({}, "order-1")}, worker_gone),),
    (
        Fault(
            "keys_used_twice",
            {"LifecycleIdempotencyMismatchHigh": ({}, r"mismatches +[1-9]")},
            keys_used_twice,
        ),
    ),
    (
        Fault(
            "job_dropped",
            {"LifecycleSchedulerJobMissing": ({"cron_job": "pydb/app/plain"}, r"pydb/app/plain .*missing")},
            job_dropped,
        ),
    ),
    (Fault("audit_changed", {"LifecycleAuditIncomplete": ({}, "edited")}, audit_changed),),
    (
        Fault(
            "archive_dropped",
            {
                "LifecycleArchiveMismatch": ({}, "archive of app[.]archived was dropped"),
                "LifecycleHealthError": ({"subsystem": "archive"}, "archive"),
            },
            archive_dropped,
        ),
    ),
)
# what does not happen needs no session: it goes on not to happen while the server is started anew
OMISSIONS: Final[tuple[tuple[Fault, ...], ...]] = (
    (
        Fault(
            "not_fired",
            {
                "LifecycleRetentionOverdue": (_policy("late"), "late"),
                "LifecycleRetentionOverdueLong": (_policy("late"), "late"),
            },
            not_fired,
        ),
    ),
    (
        Fault(
            "not_scanned", {"LifecycleOrphanScanOverdue": ({"subsystem": "orphans"}, "checked")}, not_scanned
        ),
    ),
)
# before the others, whose sessions it ends
REBOOT: Final = Fault(
    "rebooted",
    {
        "LifecycleSchedulerRunStuck": ({"cron_job": "pydb/app/stuck"}, r"pydb/app/stuck .*running"),
        "LifecycleSchedulerStartupTimeouts": (
            {"cron_job": "pydb/app/slow", "reason": "startup_timeout"},
            "job startup timeout",
        ),
    },
    rebooted,
)
