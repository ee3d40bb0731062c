"""Rules whose table, names or rows others change while a run is at work: no row goes that a rule keeps."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from tests.retention.lab import Lab
from tests.servers import PAUSE

if TYPE_CHECKING:
    from tests.conftest import Connect, RoleFactory

BY_TENANT: Final[dict[str, object]] = {
    "keep_table": "public.tenant",
    "keep_by": ["tenant"],
    "keep_key": ["id"],
    "keep_value": "keep",
}
WAITS: Final = "select from pg_locks where pid = %s and not granted"


@pytest.fixture
def parts(lab: Lab) -> Lab:
    """``public.t`` by month, of June and July an expired row each; tenant 1 keeps for ever, 2 ten days."""
    lab.do(
        """create table public.t (id int, tenant int, keep interval, at timestamptz not null)
            partition by range (at);
        create table public.t_06 partition of public.t for values from ('2024-06-01') to ('2024-07-01');
        create table public.t_07 partition of public.t for values from ('2024-07-01') to ('2024-08-01');
        create table public.t_12 partition of public.t for values from ('2024-12-01') to ('2030-01-01');
        create table public.tenant (id int primary key, keep interval);
        insert into public.tenant values (1, null), (2, '10 days');
        insert into public.t values (1, 2, null, '2024-06-10'), (2, 2, null, '2024-07-10');
        update pydb.setting set value = '20 s' where name = 'lock_timeout';"""
    )
    return lab


def until_it_waits(lab: Lab, pid: int) -> None:
    while not lab.rows(WAITS, pid):
        time.sleep(PAUSE)


@pytest.mark.parametrize("rules", [{"keep_column": "keep"}, BY_TENANT])
@pytest.mark.parametrize("change", ["insert", "update"])
def test_a_row_that_becomes_kept_before_its_partition_is_locked_stays(
    parts: Lab, connect: Connect, rules: dict[str, object], change: str
) -> None:
    parts.policy(action="drop_partition", **rules)
    gate, ours, writer = connect(autocommit=False), Lab(connect()), connect()
    gate.execute("lock table pydb.retention_partition in share mode")
    writer.execute("set lock_timeout = '200ms'")
    written = False
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(ours.run)
        until_it_waits(parts, ours.db.info.backend_pid)
        try:
            if change == "insert":
                writer.execute("insert into public.t values (3, 1, '10 years', '2024-06-11')")
            else:
                writer.execute("update public.t set tenant = 1, keep = '10 years' where id = 1")
            written = True
        except psycopg.errors.LockNotAvailable:
            pass
        gate.commit()
        run.result(timeout=60)
    assert parts.ids() == ({"insert": [3], "update": [1]}[change] if written else [])


def test_a_mapping_that_goes_while_partitions_wait_keeps_them(parts: Lab, connect: Connect) -> None:
    parts.do("update public.tenant set keep = '60 days' where id = 2; update public.t set tenant = 2")
    parts.policy(action="drop_partition", **BY_TENANT)
    reader, ours = connect(autocommit=False), Lab(connect())
    reader.execute("select from public.t_06, public.t_07")
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(ours.call)
        while not parts.rows("select from pydb.job_run where state = 'running' and detail is not null"):
            time.sleep(PAUSE)
        parts.do("drop table public.tenant")
        reader.commit()
        run = call.result(timeout=60).run
    assert run.sqlstate == "YD123"
    assert parts.ids() == [1, 2]


def test_another_table_of_the_name_of_the_mapping_is_not_asked(
    parts: Lab, role: RoleFactory, connect: Connect
) -> None:
    """Its owner puts a view in its place between two batches: what it calls would run as the runner."""
    owner = role("owner")
    parts.do(
        f"""grant usage, create on schema public to "{owner}"; alter table public.tenant owner to "{owner}";
        create table public.seen (who name); grant insert on public.seen to public;
        update public.tenant set keep = null where id = 2;
        insert into public.tenant values (3, '10 days'); update public.t set tenant = 3 where id = 1;
        insert into public.t values (3, 3, null, '2024-07-11');
        create function public.wait() returns trigger language plpgsql as
            'begin if old.id = 1 then perform pg_advisory_xact_lock(7); end if; return old; end';
        create trigger wait before delete on public.t_06 for each row execute function public.wait();"""
    )
    parts.policy(**BY_TENANT)
    gate, ours, theirs = connect(autocommit=False), Lab(connect()), connect(owner, autocommit=False)
    gate.execute("select pg_advisory_xact_lock(7)")
    with ThreadPoolExecutor(2) as pool:
        call = pool.submit(ours.call)
        until_it_waits(parts, ours.db.info.backend_pid)

        def change() -> None:
            theirs.execute("alter table public.tenant rename to tenants")
            theirs.execute(
                """create function public.evil() returns interval language plpgsql as
                'begin insert into public.seen values (current_user); return interval ''1 day''; end'"""
            )
            theirs.execute("create view public.tenant as select 2 as id, public.evil() as keep")
            theirs.commit()

        changed = pool.submit(change)
        until_it_waits(parts, theirs.info.backend_pid)
        gate.commit()
        changed.result(timeout=60)
        run = call.result(timeout=60).run
    assert parts.rows("select who from public.seen") == []
    assert parts.ids() == [2]
    assert run.state == "completed"
