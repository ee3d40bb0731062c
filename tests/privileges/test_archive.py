"""Who runs may add to archives by a run, and nothing else; who restores does it with his own rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pydb import db, errors
from pydb.archive import carry, load, target
from tests.privileges.conftest import state_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.privileges.conftest import Field

ARCHIVE = """
insert into shared.event select i, now() - interval '90 days' from generate_series(100, 119) as i;
insert into shared.note select i, i from generate_series(100, 109) as i;
create index on shared.note (event_id);
select pydb.retention_policy_set(
    'events', 'shared.event', 'at', '30 days', p_action => 'archive', p_fuse_share => 1
);
"""
FORGE = "insert into pydb_archive.shared__event values (1, now(), {run}, now())"


@pytest.fixture
def kept(field: Field) -> Field:
    """The runner has archived 20 events and their 10 notes."""
    field.db.execute(ARCHIVE.encode())
    field.runner.execute(b"call pydb.retention_run('events')")
    assert field.rows("select relation, rows from pydb.archive_list order by relation") == [
        ("shared.event", 20),
        ("shared.note", 10),
    ]
    return field


def test_the_runner_archives_and_reads_nothing_of_it(kept: Field) -> None:
    for code, statement in {
        "42501": "select * from pydb_archive.shared__event",
        "YD005": FORGE.format(run=1),
    }.items():
        assert state_of(kept.runner, statement) == code
    for statement in (
        "delete from pydb_archive.shared__event",
        "update pydb_archive.shared__event set id = 1",
        "truncate pydb_archive.shared__event",
        "select * from pydb.archive_restore(1)",
        "select pydb.archive_keep_set('shared.event', '1 day')",
        "select pydb.archive_write_off('shared.event', 'why')",
        "drop table pydb_archive.shared__event",
        "alter table pydb_archive.shared__event disable trigger all",
        "update pydb.archive_run set rows = 0",
        "insert into pydb.archive_table values ('shared.event', 'shared.note', 'x')",
    ):
        assert state_of(kept.runner, statement) == "42501", statement


@pytest.mark.parametrize(
    "call",
    [
        "archive_enroll(1, 'pydb_archive.shared__event'::regclass)",
        "archive_account(1, 'shared.event'::regclass, 5)",
        "archive_purge_rows(1, 'pydb_archive.shared__event'::regclass, 0, 100)",
    ],
)
def test_what_belongs_to_a_run_is_not_for_others_to_call(kept: Field, call: str) -> None:
    assert state_of(kept.runner, f"select pydb_internal.{call}") == "YD005"
    assert kept.one("select sum(rows) from pydb.archive_run") == 30


def test_an_archive_is_made_by_who_may_delete_there(field: Field) -> None:
    make = (
        "select pydb_internal.archive_table_store(pydb_internal.draft_add('archive_table', "
        "jsonb_build_object('source', {}::regclass::oid)))"
    )
    assert state_of(field.runner, make.format("'victim.secret'")) == "42501"
    number = field.one("select 'victim.secret'::regclass::oid::text")
    assert state_of(field.runner, make.format(number)) == "YD005"
    assert state_of(field.runner, make.format("'shared.event'")) is None
    assert state_of(field.runner, make.format("'pydb.job_run'")) in ("42501", "YD601")
    assert field.rows("select source_name from pydb.archive_table") == [("shared.event",)]


def test_a_trigger_adds_nothing_to_an_archive_while_a_run_is_at_it(kept: Field) -> None:
    kept.db.execute(
        b"""insert into shared.event select i, now() - interval '90 days' from generate_series(200, 209) as i;
        create function shared.forge() returns trigger language plpgsql as $$
        begin
            insert into pydb_archive.shared__event
            select 1, now(), max(run_id), now() from pydb.archive_run;
            return old;
        end $$;
        create trigger forge after delete on shared.event for each row execute function shared.forge()"""
    )
    assert state_of(kept.runner, "call pydb.retention_run('events')") == "YD111"
    assert kept.rows("select state, sqlstate, rows_done from pydb.job_run order by id desc limit 1") == [
        ("blocked", "YD603", 0)
    ]
    assert kept.one("select count(*) from pydb_archive.shared__event") == 20


def test_who_restores_needs_the_right_to_insert(kept: Field) -> None:
    assert state_of(kept.admin, "select * from pydb.archive_restore(1)") == "42501"
    assert kept.one("select count(*) from shared.event where id >= 100") == 0
    kept.db.execute(b"grant insert on shared.event, shared.note to pydb_admin")
    assert state_of(kept.admin, "delete from pydb_archive.shared__event") == "YD005"
    assert [row[:3] for row in kept.admin.execute(b"select * from pydb.archive_restore(1)").fetchall()] == [
        ("shared.event", 20, 20),
        ("shared.note", 10, 10),
    ]
    assert kept.rows("select action, subject from pydb.audit_log order by id desc limit 1") == [
        ("archive_restore", "run 1")
    ]


def test_rows_that_row_security_would_hide_are_not_restored(kept: Field) -> None:
    kept.db.execute(
        b"grant insert on shared.event, shared.note to pydb_admin;"
        b"alter table shared.note enable row level security"
    )
    assert state_of(kept.admin, "select * from pydb.archive_restore(1)") == "42501"
    assert kept.one("select count(*) from shared.event where id >= 100") == 0


def test_who_may_not_add_to_the_archive_deletes_nothing(kept: Field) -> None:
    kept.db.execute(
        b"revoke insert on pydb_archive.shared__event from pydb_runner;"
        b"insert into shared.event values (300, now() - interval '90 days')"
    )
    assert state_of(kept.runner, "call pydb.retention_run('events')") == "YD111"
    assert kept.rows("select state, sqlstate from pydb.job_run order by id desc limit 1") == [
        ("blocked", "YD602")
    ]
    assert kept.one("select count(*) from shared.event where id = 300") == 1


def test_an_erasure_for_good_is_run_by_who_may_read_archives(kept: Field) -> None:
    """With a second person's approval; the runner, who reads none, is told so and takes nothing."""
    ask = (
        "select (pydb.cascade_request(null, '{\"id\": 100}', p_entity => 'event',"
        " p_reason => 'x', p_purge => true)).id"
    )
    assert state_of(kept.runner, ask) == "YD005"
    assert kept.admin.execute(ask.encode()).fetchone() is not None
    job = kept.one("select max(id) from pydb.cascade_job")
    assert state_of(kept.admin, f"select pydb.cascade_approve({job})") == "YD306"
    assert state_of(kept.runner, f"call pydb.cascade_run({job})") == "YD306"
    kept.db.execute(f"select pydb.cascade_approve({job})".encode())
    assert state_of(kept.runner, f"call pydb.cascade_run({job})") is not None
    assert kept.one("select count(*) from pydb_archive.shared__event") == 20
    kept.db.execute(f"grant pydb_admin to {kept.runner.info.user}".encode())
    assert state_of(kept.runner, f"call pydb.cascade_run({job})") is None
    assert kept.rows("select source_name, rows, purged from pydb.archive_run order by 1") == [
        *(("shared.event", 20, 1), ("shared.note", 10, 1)),
    ]
    assert kept.one("select count(*) from pydb_archive.shared__event where id = 100") == 0
    # what keeps the books is not for others to call
    forget = "archive_forget(1, 'pydb_archive.shared__event'::regclass, '{\"1\": 1}')"
    assert state_of(kept.runner, f"select pydb_internal.{forget}") == "42501"


DECLARE = """declare v_start timestamptz := (
    select a.backend_start from pg_stat_get_activity(pg_backend_pid()) as a
); v_run bigint;"""
TAKE = "pydb_internal.cascade_purge_take({}, {}, '{}'::regclass, array(select ctid from {}), null)"
ARCHIVED = "pydb_archive.shared__event"


@pytest.mark.parametrize(
    "kind", ["archive_restore", "archive_purge", "archive_export", "cascade", "retention"]
)
@pytest.mark.parametrize("opens", ["run_open", "run_open_within"])
def test_a_run_that_somebody_opens_by_hand_lets_nothing_out(kept: Field, kind: str, opens: str) -> None:
    """By who is admin and runner in one, in one statement: the run is his own and is live."""
    kept.db.execute(f"grant pydb_admin to {kept.runner.info.user}".encode())
    kept.db.execute(b"grant delete on shared.event to pydb_admin")
    call = {
        "run_open": f"run_open('{kind}', 'job 1', false, null, v_start)",
        "run_open_within": f"run_open_within('{kind}', 'job 1', null)",
    }[opens]
    for theft in (f"delete from {ARCHIVED}", "perform " + TAKE.format("v_run", 1, ARCHIVED, ARCHIVED)):
        forge = f"""do $$ {DECLARE} begin
            v_run := pydb_internal.{call};
            perform pydb_internal.run_log_plan(v_run, 1, null, '{{"purge": true}}');
            {theft};
        end $$"""
        assert state_of(kept.runner, forge) in ("YD005", "YD901"), theft  # 901: no kind of that engine
    assert kept.one(f"select count(*) from {ARCHIVED}") == 20


def test_an_approved_erasure_lets_out_what_its_routine_takes(kept: Field) -> None:
    """Its run may be started by hand; a DELETE of one's own beside it stays refused."""
    kept.db.execute(f"grant pydb_admin to {kept.runner.info.user}".encode())
    asked = kept.admin.execute(
        b"select (pydb.cascade_request(null, '{\"id\": 100}', p_entity => 'event', p_reason => 'x',"
        b" p_purge => true)).id"
    ).fetchone()
    assert asked is not None
    job = asked[0]
    forge = f"""do $$ {DECLARE} begin
        v_run := pydb_internal.run_open('cascade', 'job {job}', false, null, v_start);
        perform pydb_internal.cascade_job_start({job}, v_run);
        delete from {ARCHIVED};
    end $$"""
    assert state_of(kept.runner, forge) == "YD306"  # nobody has approved it
    kept.db.execute(f"select pydb.cascade_approve({job})".encode())
    assert state_of(kept.runner, forge) == "YD005"
    assert kept.one(f"select count(*) from {ARCHIVED}") == 20
    assert state_of(kept.runner, f"call pydb.cascade_run({job})") is None
    assert kept.one(f"select count(*) from {ARCHIVED}") == 19
    assert kept.rows("select source_name, rows, purged from pydb.archive_run order by 1") == [
        *(("shared.event", 20, 1), ("shared.note", 10, 1)),
    ]


def test_who_may_restore_may_take_archives_to_files_and_back(kept: Field, tmp_path: Path) -> None:
    """``pydb_admin``, with the rights on the tables that a restore needs; the runner may not read them."""
    dsn = kept.admin.info.dsn
    place = target.Directory(tmp_path)
    run_id = int(str(kept.one("select max(run_id) from pydb.archive_run")))
    with db.connect(kept.runner.info.dsn) as conn, db.connect(kept.runner.info.dsn) as reader:
        with pytest.raises(errors.PydbError) as caught:
            carry.export_archived(conn, reader, place, run_id=run_id)
        assert caught.value.sqlstate == "42501"
    with db.connect(dsn) as conn, db.connect(dsn) as reader:
        outcome = carry.export_archived(conn, reader, place, run_id=run_id)
        assert outcome.run is not None
        assert (outcome.run.state, outcome.run.rows_done) == ("completed", 30), outcome
        names = load.of_run(place, run_id)
        with pytest.raises(errors.MissingPrivilege):
            load.load(conn, place, names)
        kept.db.execute(b"grant insert on all tables in schema shared to pydb_admin")
        assert load.load(conn, place, names).rows_imported == 30
    assert kept.rows("select count(*) from shared.event where id >= 100") == [(20,)]


def test_nobody_takes_rows_out_without_a_verified_file(kept: Field) -> None:
    call = "select pydb_internal.archive_export_rows(1, 1, 0, null)"
    assert state_of(kept.admin, call) == "YD005"
    assert state_of(kept.admin, "delete from pydb_archive.shared__event") == "YD005"
    # without somebody who writes files the run fails, and leaves all where it is
    run = "call pydb.archive_export_run(1, gen_random_uuid())"
    assert state_of(kept.admin, run) == "YD110"
    assert kept.one("select sum(rows - purged) from pydb.archive_run") == 30


def test_who_may_not_take_archived_rows_to_files_archives_none_for_that(field: Field) -> None:
    field.db.execute(ARCHIVE.replace("'archive'", "'export'").encode())
    ask = "select pydb_internal.export_goes_along('events')"
    assert state_of(field.runner, ask) == "YD005"
    field.db.execute(b"drop table shared.note cascade")
    assert state_of(field.runner, ask) is None
