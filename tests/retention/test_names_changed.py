"""Tables that a condition asks are renamed while a run is at work: what takes their name is not asked."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pytest

from tests.retention.lab import Lab
from tests.servers import PAUSE

if TYPE_CHECKING:
    from tests.conftest import Connect, RoleFactory

WAITS: Final = "select from pg_locks where pid = %s and not granted"
# what keeps row 2: a key that refuses, one below a key that cascades, a hold on what would go along
KEEPS: Final = {
    "key": """create table public.child (id int, tid int, tat timestamptz, mid int,
            foreign key (tid, tat) references public.t);
        insert into public.child values (1, 2, '2024-07-10');""",
    "below a cascade": """create table public.mid (id int primary key, tid int, tat timestamptz,
            foreign key (tid, tat) references public.t on delete cascade);
        create table public.child (id int, tid int, tat timestamptz, mid int references public.mid);
        insert into public.mid values (5, 2, '2024-07-10');
        insert into public.child values (1, null, null, 5);""",
    "hold": """create table public.child (id int, tid int, tat timestamptz, mid int,
            foreign key (tid, tat) references public.t on delete cascade);
        insert into public.child values (1, 2, '2024-07-10');
        select pydb.hold_place('h', 'public.child', null, 'id = 1', p_reason => 'r');""",
}


@pytest.mark.parametrize("keeps", KEEPS)
def test_a_view_in_the_place_of_what_keeps_rows_is_not_asked(
    lab: Lab, role: RoleFactory, connect: Connect, keeps: str
) -> None:
    """The owner of what keeps a row renames it between two batches; his functions would run as the runner."""
    owner = role("owner")
    lab.do(
        f"""create table public.t (id int, at timestamptz not null, primary key (id, at))
            partition by range (at);
        create table public.t_06 partition of public.t for values from ('2024-06-01') to ('2024-07-01');
        create table public.t_07 partition of public.t for values from ('2024-07-01') to ('2024-08-01');
        insert into public.t values (1, '2024-06-10'), (2, '2024-07-10'), (3, '2024-07-11');
        {KEEPS[keeps]}
        grant usage, create on schema public to "{owner}"; alter table public.child owner to "{owner}";
        create table public.seen (who name); grant insert on public.seen to public;
        create function public.wait() returns trigger language plpgsql as
            'begin if old.id = 1 then perform pg_advisory_xact_lock(7); end if; return old; end';
        create trigger wait before delete on public.t_06 for each row execute function public.wait();
        update pydb.setting set value = '20 s' where name = 'lock_timeout';"""
    )
    lab.policy()
    gate, ours, theirs = connect(autocommit=False), Lab(connect()), connect(owner, autocommit=False)
    gate.execute("select pg_advisory_xact_lock(7)")

    def change() -> None:
        theirs.execute("alter table public.child rename to children")
        theirs.execute(
            """create function public.evil() returns int language plpgsql as
            'begin insert into public.seen values (current_user); return 1; end'"""
        )
        theirs.execute(
            """create view public.child as
            select public.evil() as id, public.evil() as tid, now() as tat, public.evil() as mid"""
        )
        theirs.commit()

    with ThreadPoolExecutor(2) as pool:
        call = pool.submit(ours.call)
        while not lab.rows(WAITS, ours.db.info.backend_pid):
            time.sleep(PAUSE)
        changed = pool.submit(change)
        while not lab.rows(WAITS, theirs.info.backend_pid):
            time.sleep(PAUSE)
        gate.commit()
        changed.result(timeout=60)
        run = call.result(timeout=60).run
    assert lab.rows("select who from public.seen") == []
    assert (run.state, run.rows_done, lab.ids()) == ("partial", 2, [2])
