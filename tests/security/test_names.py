"""A table that a run's conditions name is taken away under its name: what takes the name is not asked.

``asked`` belongs to somebody of low rank. He renames it and makes a view of its name, whose function writes
down who runs it: between two batches of a run, or in a transaction that the run waits for.
"""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from tests.retention.lab import Lab, refused
from tests.servers import PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connect, Connection, RoleFactory

WAITS: Final = "select from pg_locks where pid = %s and not granted"
SWAPS: Final = {
    "view": """alter table public.asked rename to asked_before;
        create view public.asked as select public.evil() as id, public.evil() as tid, now() as at,
            public.evil() as top_id, public.evil()::text as t_type""",
    "empty table": """alter table public.asked rename to asked_before;
        create table public.asked (id int, tid int, at timestamptz)""",
    "type": """drop view if exists public.asked_view;
        alter table public.asked drop column tid;
        alter table public.asked add column tid public.mine""",
    "schema": """create schema mine; alter table public.asked set schema mine;
        create view public.asked as select public.evil() as id, public.evil() as tid, now() as at""",
}
HIS: Final = """
    create function public.evil() returns int language plpgsql as
        'begin insert into public.seen values (current_user); return 1; end';
    create type public.mine as enum ('1', '2');
    create function public.number(public.mine) returns int language plpgsql as
        'begin perform public.evil(); return 1; end';
    create cast (public.mine as int) with function public.number(public.mine) as implicit;
"""
TOP: Final = """
    create table public.top (id int primary key, at timestamptz not null default '2024-06-10');
    insert into public.top select i from generate_series(1, 3) as i;
"""
LOW: Final = """
    create table public.low (id int primary key, pid int);
    create table public.up (id int primary key);
    insert into public.up values (9); insert into public.low select i, 1 from generate_series(1, 1100) as i;
    select pydb.reference_set('public.low', '{pid}', 'public.up', '{id}', 'cascade', p_name => 'low');
    update pydb.setting set value = '0' where name = 'orphan_min_age';
"""
ASKED: Final = "create table public.asked (id int primary key, tid int, at timestamptz default now());"
HELD: Final = (
    "insert into public.asked values (1, 1); select pydb.hold_place('h', 'public.asked', null, 'id = 1',"
    " p_reason => 'r');"
)
# what is done, with the tables that it is about
CALLS: Final = {
    "cascade_delete": (
        TOP
        + ASKED
        + "alter table public.asked add foreign key (tid) references public.top on delete cascade;"
        "insert into public.asked values (1, 1)",
        "select pydb.cascade_delete('public.top', '[{\"id\": 1}]', p_allow_unindexed => true)",
    ),
    "cascade_delete of what is held": (
        TOP + ASKED + "alter table public.asked add foreign key (tid) references public.top;" + HELD,
        "select pydb.cascade_delete('public.top', '[{\"id\": 1}]', p_allow_unindexed => true)",
    ),
    "cascade_run": (
        TOP
        + ASKED
        + "alter table public.asked add foreign key (tid) references public.top on delete cascade;"
        "insert into public.asked values (1, 1);"
        "select pydb.cascade_request('public.top', '[{\"id\": 1}]', p_reason => 'r')",
        "call pydb.cascade_run(1)",
    ),
    "cascade_plan": (
        TOP
        + ASKED
        + "alter table public.asked add foreign key (tid) references public.top on delete cascade;"
        "insert into public.asked values (1, 1)",
        "select pydb.cascade_plan('public.top', '[{\"id\": 1}]')",
    ),
    "cascade_plan of what is held": (
        TOP + ASKED + "alter table public.asked add foreign key (tid) references public.top;" + HELD,
        "select pydb.cascade_plan('public.top', '[{\"id\": 1}]')",
    ),
    "cascade_request": (
        TOP
        + ASKED
        + "alter table public.asked add foreign key (tid) references public.top on delete cascade;"
        "insert into public.asked values (1, 1)",
        "select pydb.cascade_request('public.top', '[{\"id\": 1}]', p_reason => 'r')",
    ),
    "retention_policy_set": (
        ASKED,
        "select pydb.retention_policy_set('p', 'public.asked', 'at', '30 days')",
    ),
    "reference_set": (
        TOP + ASKED.replace("at timestamptz default now()", "t_type text"),
        "select pydb.reference_set('public.asked', '{tid}', 'public.top', '{id}')",
    ),
    "reference_suggest": (
        TOP + ASKED.replace("tid", "top_id") + "insert into public.asked values (1, 1), (2, 2), (3, 3)",
        "select pydb.reference_suggest()",
    ),
    "retention_row_explain": (
        TOP
        + ASKED
        + "alter table public.asked add foreign key (tid) references public.top;"
        + "insert into public.asked values (1, 1);"
        "select pydb.retention_policy_set('p', 'public.top', 'at', '30 days', p_fuse_share => 1)",
        "select pydb.retention_row_explain('p', '{\"id\": 1}')",
    ),
    "orphan_restore": (
        TOP
        + ASKED
        + "insert into public.asked values (1, 9);"
        + "select pydb.reference_set('public.asked', '{tid}', 'public.top', '{id}', p_name => 'low');"
        "update pydb.setting set value = '0' where name = 'orphan_min_age';"
        "call pydb.orphan_repair('low', 'quarantine')",
        "select pydb.orphan_restore((select max(run_id) from pydb.orphan_quarantine))",
    ),
    "orphan_scan": (
        TOP + ASKED + "insert into public.asked values (1, 9);"
        "select pydb.reference_set('public.asked', '{tid}', 'public.top', '{id}', 'cascade')",
        "select pydb.orphan_scan()",
    ),
    "orphan_scan of children": (
        LOW.replace("public.up", "public.asked"),
        "call pydb.orphan_scan_run()",
    ),
    "orphan_check": (
        LOW.replace("public.up", "public.asked"),
        "select pydb.orphan_check('low')",
    ),
    "orphan_repair": (
        LOW.replace("public.up", "public.asked"),
        "call pydb.orphan_repair('low')",
    ),
    "orphan_repair of what is held": (
        LOW
        + ASKED
        + "select pydb.reference_set('public.asked', '{tid}', 'public.low', '{id}', 'restrict');"
        + HELD,
        "call pydb.orphan_repair('low')",
    ),
    "retention_run": (
        TOP + ASKED + "alter table public.asked add foreign key (tid) references public.top;"
        "insert into public.asked values (1, 1);"
        "select pydb.retention_policy_set('p', 'public.top', 'at', '30 days', p_fuse_share => 1)",
        "call pydb.retention_run('p')",
    ),
    "retention_run with cascade": (
        TOP + ASKED + "alter table public.asked add foreign key (tid) references public.top;"
        "insert into public.asked values (1, 1);"
        "select pydb.retention_policy_set('p', 'public.top', 'at', '30 days', p_fuse_share => 1,"
        " p_on_referenced => 'cascade')",
        "call pydb.retention_run('p')",
    ),
    "retention_plan": (
        TOP + ASKED + "alter table public.asked add foreign key (tid) references public.top;"
        "insert into public.asked values (1, 1);"
        "select pydb.retention_policy_set('p', 'public.top', 'at', '30 days', p_fuse_share => 1)",
        "select pydb.retention_plan('p')",
    ),
    "retention_batch": (
        TOP + ASKED + "alter table public.asked add foreign key (tid) references public.top;"
        "insert into public.asked values (1, 1);"
        "select pydb.retention_policy_set('p', 'public.top', 'at', '30 days', p_fuse_share => 1)",
        "select pydb.retention_batch('p', 10)",
    ),
    "archive_restore": (
        ASKED.replace("now()", "'2024-06-10'") + "insert into public.asked values (1, 1);"
        "select pydb.retention_policy_set('p', 'public.asked', 'at', '30 days', p_fuse_share => 1,"
        " p_action => 'archive'); call pydb.retention_run('p')",
        "select pydb.archive_restore((select max(run_id) from pydb.archive_run))",
    ),
    "archive_restore below": (
        ASKED
        + "insert into public.asked values (1, 1);"
        + TOP.replace("'2024-06-10'", "'2024-06-10', aid int default 1 references public.asked")
        + "select pydb.retention_policy_set('p', 'public.top', 'at', '30 days', p_fuse_share => 1,"
        " p_action => 'archive'); call pydb.retention_run('p')",
        "select pydb.archive_restore((select max(run_id) from pydb.archive_run))",
    ),
    "archive_purge": (
        TOP + "select pydb.retention_policy_set('p', 'public.top', 'at', '30 days', p_fuse_share => 1,"
        " p_action => 'archive'); call pydb.retention_run('p');"
        "update pydb.archive_run set last_at = now() - interval '90 years',"
        " first_at = now() - interval '90 years';"
        + ASKED
        + "alter table public.asked add foreign key (tid) references public.top;"
        "insert into public.top values (1);" + HELD,
        "call pydb.archive_purge()",
    ),
    "hold_release": (
        TOP + ASKED + "alter table public.asked add foreign key (tid) references public.top;" + HELD,
        "select pydb.hold_release('h', 'r')",
    ),
    "hold_place": (
        TOP + ASKED + "insert into public.asked values (1, 1);",
        "select pydb.hold_place('g', 'public.asked', p_filter => 'tid > 0', p_reason => 'r')",
    ),
}


@pytest.fixture
def lab(db: Connection) -> Lab:
    return Lab(db)


def attacker(lab: Lab, owner: str, connect: Connect, tables: str) -> Connection:
    """What is there before: his functions, and his table among the others."""
    lab.do(
        f"""create table public.seen (who name); grant insert on public.seen to public;
        grant usage, create on schema public to "{owner}";
        do $$ begin execute format('grant create on database %I to "{owner}"', current_database()); end $$;
        update pydb.setting set value = '20 s' where name = 'lock_timeout';"""
    )
    theirs = connect(owner, autocommit=False)
    theirs.execute(HIS)
    theirs.commit()
    for statement in tables.split(";"):  # calls commit
        if statement.strip():
            lab.do(statement)
    lab.do(f'alter table public.asked owner to "{owner}"')
    return theirs


def meets(lab: Lab, pid: int, is_done: Callable[[], bool]) -> bool:
    """Poll until a session waits for a lock; False: what it was to do is done."""
    while not lab.rows(WAITS, pid):
        if is_done():
            return False
        time.sleep(PAUSE)
    return True


def attempt(lab: Lab, statement: str) -> None:
    with contextlib.suppress(psycopg.Error):  # it may be refused: that is for other tests
        lab.do(statement)


@pytest.mark.parametrize("passed", range(2))
@pytest.mark.parametrize("call", CALLS)
def test_who_waited_for_a_table_does_not_ask_what_took_its_name(
    lab: Lab, role: RoleFactory, connect: Connect, call: str, passed: int
) -> None:
    """He lets go of his table so many times, locks it at once again, and then commits what is waited for."""
    tables, statement = CALLS[call]
    owner = role("owner")
    theirs = [attacker(lab, owner, connect, tables), connect(owner, autocommit=False)]
    ours = Lab(connect())
    pid = ours.db.info.backend_pid
    theirs[0].execute("lock table public.asked in access exclusive mode")
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(attempt, ours, statement)
        for _ in range(passed):
            if meets(lab, pid, running.done):
                queued = pool.submit(theirs[1].execute, "lock table public.asked in access exclusive mode")
                meets(lab, theirs[1].info.backend_pid, queued.done)
                theirs[0].rollback()
                queued.result(timeout=60)
                theirs.reverse()
        theirs[0].execute(SWAPS["view"].encode())
        met = meets(lab, pid, running.done)
        theirs[0].commit()
        running.result(timeout=60)
    assert met or passed
    assert lab.rows("select who from public.seen") == []


@pytest.mark.parametrize(
    "call",
    ["cascade_delete of what is held", "cascade_plan of what is held", "orphan_check", "retention_batch"],
)
def test_a_snapshot_that_is_older_than_a_name_asks_nobody(
    lab: Lab, role: RoleFactory, connect: Connect, call: str
) -> None:
    """In repeatable read the catalog that is read is not the one that the parser looks into."""
    tables, statement = CALLS[call]
    theirs = attacker(lab, role("owner"), connect, tables)
    ours = Lab(connect())
    ours.do("begin isolation level repeatable read")
    ours.rows("select count(*) from pg_class")
    theirs.execute(SWAPS["view"].encode())
    theirs.commit()
    with refused("YD113", what=call):
        ours.do(statement)
    ours.do("rollback")
    assert lab.rows("select who from public.seen") == []


def test_what_an_export_is_to_read_keeps_its_name_until_it_is_read(
    lab: Lab, role: RoleFactory, connect: Connect
) -> None:
    """The statement leaves the server, and comes back in the same transaction."""
    attacker(lab, role("owner"), connect, CALLS["retention_plan"][0])
    ours = Lab(connect(autocommit=False))
    ours.rows(
        "select pydb_internal.export_range("
        "'p', 'public.top'::regclass, now() - interval '30 days', 0, 1, 1, null)"
    )
    assert lab.rows(
        "select relation::regclass::text from pg_locks where pid = %s and mode = 'AccessShareLock'"
        " and relation in ('public.asked'::regclass, 'public.top'::regclass) order by 1",
        ours.db.info.backend_pid,
    ) == [("asked",), ("top",)]


@pytest.mark.parametrize("swap", SWAPS)
def test_a_repair_does_not_ask_what_took_a_name_between_two_batches(
    lab: Lab, role: RoleFactory, connect: Connect, swap: str
) -> None:
    """What the repair knows of holds was written before its first batch; a row that is held stays."""
    theirs = attacker(
        lab, role("owner"), connect,
        LOW + ASKED
        + "select pydb.reference_set('public.asked', '{tid}', 'public.low', '{id}', 'restrict');"
        + HELD.replace("(1, 1)", "(1, 1050)"),
    )  # fmt: skip
    lab.do(
        """create function public.wait() returns trigger language plpgsql as
            'begin if old.id = 1 then perform pg_advisory_xact_lock(7); end if; return old; end';
        create trigger wait before delete on public.low for each row execute function public.wait()"""
    )
    gate, ours = connect(autocommit=False), Lab(connect())
    gate.execute("select pg_advisory_xact_lock(7)")
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(attempt, ours, "call pydb.orphan_repair('low')")
        assert meets(lab, ours.db.info.backend_pid, running.done)
        changing = pool.submit(theirs.execute, SWAPS[swap].encode())
        meets(lab, theirs.info.backend_pid, changing.done)
        gate.commit()
        changing.result(timeout=60)
        theirs.commit()
        running.result(timeout=60)
    assert lab.rows("select who from public.seen") == []
    assert lab.number("select max(rows_done) from pydb.job_run where kind = 'orphans'") >= 500
    assert lab.ids("public.low")[-51:].count(1050) == 1
