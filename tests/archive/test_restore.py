"""What a restore puts back, what it leaves in the archive, and what it says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.archive.lab import OLD, Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connect

FAMILY = """
create table public.org (id int generated always as identity primary key, name text);
create table public.t (
    id int primary key, org int not null references public.org, up int references public.t, code text unique
);
create table public.item (id int primary key, t int references public.t, n int check (n < 1000));
create table public.note (item int, text text);
create table public.ring_a (id int primary key, org int references public.org, b int);
create table public.ring_b (id int primary key, a int references public.ring_a);
alter table public.ring_a add foreign key (b) references public.ring_b;
create index on public.t (org); create index on public.t (up); create index on public.item (t);
create index on public.note (item); create index on public.ring_a (org); create index on public.ring_a (b);
create index on public.ring_b (a);
select pydb.reference_set('public.note', '{item}', 'public.item', '{id}', 'cascade');
insert into public.org (name) select 'org ' || i from generate_series(1, 4) as i;
-- children are older than their parents, so that they lie before them
insert into public.t select i, 1 + i % 4, null, 'c' || i from generate_series(1, 40) as i;
update public.t set up = id + 4 where id <= 36;
insert into public.item select i, 1 + i % 40, i from generate_series(1, 200) as i;
insert into public.note select 1 + i % 200, 'n' || i from generate_series(1, 400) as i;
insert into public.ring_a select i, 1 + i % 4, null from generate_series(1, 8) as i;
insert into public.ring_b select i, i from generate_series(1, 8) as i;
update public.ring_a set b = id;
"""
TABLES = ("org", "t", "item", "note", "ring_a", "ring_b")


@pytest.fixture
def family(lab: Lab) -> Lab:
    """Tables that reference themselves, each other, in a ring, and without a key."""
    lab.do(FAMILY)
    return lab


def everything(lab: Lab) -> list[bytes]:
    return [lab.bytes(f"public.{table}", "1, 2") for table in TABLES]


def counts(lab: Lab) -> list[int]:
    return [lab.number(f"select count(*) from public.{table}") for table in TABLES]


def test_a_whole_family_goes_and_comes_back(family: Lab) -> None:
    before = everything(family)
    run = family.erase("public.org", '[{"id": 1}, {"id": 2}]')
    assert counts(family) == [2, 20, 100, 200, 4, 4]
    gone = everything(family)
    planned = family.restore(run, dry_run=True)
    assert everything(family) == gone
    steps = family.restore(run)
    assert steps == planned
    assert {name: step.restored for name, step in steps.items()} == {
        "public.org": 2,
        "public.t": 20,
        "public.item": 100,
        "public.note": 200,
        "public.ring_a": 4,
        "public.ring_b": 4,
    }
    assert next(iter(steps)) == "public.org"
    assert list(steps)[-1] == "public.note"
    assert everything(family) == before
    assert family.restore(run) == {}
    assert everything(family) == before
    assert all(rows == restored for _, rows, restored, _ in family.books())


def test_one_key_out_of_a_run_with_what_went_with_it(family: Lab) -> None:
    before = everything(family)
    run = family.erase("public.org", '[{"id": 1}, {"id": 2}, {"id": 3}]')
    steps = family.restore(run, key='{"id": 2}')
    assert {name: step.restored for name, step in steps.items()} == {
        "public.org": 1,
        "public.ring_a": 2,
        "public.ring_b": 2,
        "public.t": 10,
        "public.item": 50,
        "public.note": 100,
    }
    assert family.ids("public.org") == [2, 4]
    steps = family.restore(run, key='{"id": 2}', table="public.t", on_conflict="skip")
    # its organisation is still away
    assert steps["public.t"].codes == ["parent_gone"]
    family.restore(run)
    assert everything(family) == before
    with refused("YD604"):
        family.restore(run, key='{"id": 2}')
    run = family.erase("public.org", '[{"id": 1}]')
    for key in ('{"no": 1}', "[]", "{}"):
        with refused("YD604", what=key):
            family.restore(run, key=key)


def test_pieces_add_up(family: Lab) -> None:
    before = everything(family)
    run = family.erase("public.org", '[{"id": 1}, {"id": 2}]')
    calls = 0
    while steps := family.restore(run, max_rows=25):
        done = {name: step.restored for name, step in steps.items() if step.restored}
        # tables that reference themselves or each other go back whole
        assert 0 < sum(done.values()) <= 25 or done.keys() & {"public.t", "public.ring_a"}
        calls += 1
    assert everything(family) == before
    assert calls > 10


def test_conflicts_are_told_row_by_row_and_stay(family: Lab) -> None:
    run = family.erase("public.org", '[{"id": 1}, {"id": 2}]')
    family.do(
        """insert into public.org overriding system value values (1, 'again');
        insert into public.t values (5, 4, null, 'x'), (1000, 4, null, 'c13');
        alter table public.item add constraint lower check (n < 195) not valid"""
    )
    gone = everything(family)
    with refused("YD605") as stopped:
        family.restore(run)
    assert "p_dry_run" in stopped.hint
    assert everything(family) == gone
    steps = family.restore(run, dry_run=True)
    assert everything(family) == gone
    assert {name: set(step.codes) for name, step in steps.items() if step.codes} == {
        "public.org": {"key_exists"},
        "public.t": {"key_exists", "parent_gone"},
        "public.item": {"parent_gone", "check"},
    }
    assert [one["key"] for one in steps["public.org"].found] == [{"id": 1}]
    told = {(one["code"], one["key"]["id"]) for one in steps["public.t"].found}  # type: ignore[index]
    # 5 is there again, another row has the code of 13, and 13 is above 9
    assert told == {("key_exists", 5), ("key_exists", 13), ("parent_gone", 9)}
    assert family.restore(run, on_conflict="skip") == steps
    for name, step in steps.items():
        assert step.rows == step.restored + step.conflicts, name
        assert step.conflicts == family.archived(name), name
    # once what was in the way is gone, the rest comes back
    family.do("delete from public.t where id = 1000; alter table public.item drop constraint lower")
    again = family.restore(run, on_conflict="skip")
    assert again["public.t"].restored == 2
    assert family.number("select count(*) from public.item where n >= 195") > 0


def test_a_column_that_is_gone_or_another_one_stops_its_table(family: Lab) -> None:
    run = family.erase("public.org", '[{"id": 1}]')
    family.do("alter table public.note drop column text; alter table public.item alter column n type bigint")
    with refused("YD605"):
        family.restore(run)
    steps = family.restore(run, on_conflict="skip")
    assert {name: step.codes for name, step in steps.items() if step.codes} == {
        "public.note": ["column_gone"],
        "public.item": ["column_type"],
    }
    assert steps["public.t"].restored == 10
    family.do("alter table public.note add column text text; alter table public.item alter column n type int")
    assert sum(step.restored for step in family.restore(run).values()) == 150


def test_a_new_column_takes_its_default_and_one_without_is_a_conflict(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        insert into public.t select i, '{OLD}' from generate_series(1, 3) as i"""
    )
    lab.archives()
    lab.prune_into_archive()
    lab.do("alter table public.t add column n int default 7, add column must int not null")
    assert lab.restore(dry_run=True)["public.t"].codes == ["not_null"]
    lab.do("alter table public.t alter column must drop not null")
    assert lab.restore()["public.t"].restored == 3
    assert lab.rows("select id, n, must from public.t order by id") == [
        (1, 7, None),
        (2, 7, None),
        (3, 7, None),
    ]


def test_sequences_are_moved_past_what_came_back(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (
            id int generated always as identity primary key, s bigserial, down int, at timestamptz
        );
        create sequence public.down increment -1 owned by public.t.down;
        insert into public.t (down, at) select -i, '{OLD}' from generate_series(1, 50) as i"""
    )
    lab.archives()
    lab.prune_into_archive()
    lab.do(
        """alter table public.t alter column id restart; alter sequence public.t_s_seq restart;
        alter sequence public.down restart"""
    )
    lab.restore(dry_run=True)
    assert lab.number("select last_value from public.t_id_seq") == 1
    lab.restore()
    assert lab.rows(
        "select nextval('public.t_id_seq'), nextval('public.t_s_seq'), nextval('public.down')"
    ) == [(51, 51, -51)]


def test_triggers_run_only_if_they_may(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz, seen text);
        create table public.log (id int);
        create function public.look() returns trigger language plpgsql as
            'begin insert into log values (new.id); new.seen := ''yes''; return new; end';
        insert into public.t select i, '{OLD}' from generate_series(1, 3) as i"""
    )
    lab.archives()
    lab.prune_into_archive()
    lab.do("create trigger look before insert on public.t for each row execute function public.look()")
    with refused("YD605") as stopped:
        lab.restore()
    assert "p_allow_triggers" in stopped.hint
    assert lab.restore(dry_run=True)["public.t"].codes == ["trigger"]
    assert lab.number("select count(*) from public.log") == 0
    assert lab.restore(allow_triggers=True)["public.t"].restored == 3
    assert lab.number("select count(*) from public.log") == 3


def test_rows_that_a_trigger_keeps_out_are_not_lost(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create function public.keep_out() returns trigger language plpgsql as 'begin return null; end';
        insert into public.t select i, '{OLD}' from generate_series(1, 6) as i"""
    )
    lab.archives()
    lab.prune_into_archive()
    lab.do(
        """create trigger keep_out before insert on public.t for each row when (new.id % 2 = 0)
        execute function public.keep_out()"""
    )
    with refused("YD605"):
        lab.restore(allow_triggers=True)
    step = lab.restore(allow_triggers=True, on_conflict="skip")["public.t"]
    assert (step.restored, step.conflicts, "refused" in step.codes) == (3, 3, True)
    assert (lab.ids(), lab.archived()) == ([1, 3, 5], 3)


def test_jobs_archive_what_they_take_and_the_entity_says_so_by_default(family: Lab) -> None:
    before = everything(family)
    family.do("""select pydb.entity_set('org', 'public.org', '{"*": "delete"}', p_archive => true)""")
    job = family.number("""select (pydb.cascade_request(null, '[{"id": 1}]', p_entity => 'org')).id""")
    family.do(f"call pydb.cascade_run({job})")
    run = family.number("select run_id from pydb.cascade_job")
    assert sum(rows for _, rows, _, _ in family.books()) == 1 + 10 + 50 + 100 + 2 + 2
    family.restore(run)
    assert everything(family) == before
    # the call overrules the entity
    family.do("""select pydb.cascade_delete(null, '[{"id": 1}]', p_entity => 'org', p_archive => false)""")
    assert sum(rows - restored for _, rows, restored, _ in family.books()) == 0


def test_a_cascade_whose_triggers_take_more_is_refused_when_it_archives(family: Lab) -> None:
    family.do(
        """create table public.side (id int); insert into public.side values (1);
        create function public.also() returns trigger language plpgsql as
            'begin delete from public.side; return old; end';
        create trigger also after delete on public.org for each row execute function public.also()"""
    )
    before = everything(family)
    with refused("YD603"):
        family.erase("public.org", '[{"id": 1}]', allow_triggers=True)
    assert everything(family) == before
    assert family.books() == []


def test_the_plan_of_a_cascade_says_what_becomes_of_the_rows(family: Lab) -> None:
    family.do("create table public.stays (t int references public.t on delete set null)")
    family.do("insert into public.stays select generate_series(1, 40)")
    plan = """select relation, action, codes from pydb.cascade_plan(
        'public.org', '[{"id": 1}]', '{"*": "delete"}', p_archive => true) where rows > 0"""
    codes = {(relation, action): set(codes) for relation, action, codes in family.rows(plan)}
    assert "archived" in codes["public.org", "delete"]
    assert "unlinked" in codes["public.stays", "nullify"]
    family.do("create rule r as on delete to public.item do also select 1")
    assert ("public.item", "blocked") in {(relation, action) for relation, action, _ in family.rows(plan)}
    with refused("YD302", "YD601"):
        family.erase("public.org", '[{"id": 1}]')


def test_two_restores_at_once_are_one(family: Lab, connect: Connect) -> None:
    run = family.erase("public.org", '[{"id": 1}]')
    with family.db.transaction():
        assert family.restore(run)
        other = Lab(connect())
        other.do("set lock_timeout = '50ms'")
        with refused("55P03"):
            other.restore(run)
    other.do("reset lock_timeout")
    assert other.restore(run) == {}


def test_what_is_no_archive_of_a_run_is_refused(lab: Lab) -> None:
    with refused("YD604"):
        lab.restore(4711)
    lab.do(f"create table public.t (id int, at timestamptz); insert into public.t values (1, '{OLD}')")
    lab.archives()
    lab.prune_into_archive()
    for more in ({"on_conflict": "maybe"}, {"max_rows": 0}):
        with refused("YD001", what=more):
            lab.restore(**more)
    lab.do("set session_replication_role = replica")
    with refused("YD001"):
        lab.restore()
    lab.do("reset session_replication_role")
    # somebody with every right took a row out behind the back of the books
    lab.do(
        """alter table pydb_archive.public__t disable trigger archive_guard;
        delete from pydb_archive.public__t"""
    )
    with refused("YD604"):
        lab.restore()


def test_rows_that_took_the_place_of_others_are_found(lab: Lab) -> None:
    lab.do("create table public.t (id int primary key, at timestamptz, fill text)")
    lab.archives()
    fill = f"insert into public.t select i, '{OLD}', repeat('x', 500) from generate_series(%s, %s) as i"
    for start in (1, 1001):
        lab.do(fill % (start, start + 999))
        lab.prune_into_archive()
    first, second = (run for (run,) in lab.rows("select run_id from pydb.archive_run order by run_id"))
    lab.restore(first)
    lab.do("vacuum pydb_archive.public__t")
    lab.do("delete from public.t")
    lab.do(fill % (2001, 3000))
    lab.prune_into_archive()
    assert lab.restore()["public.t"].restored == 1000
    assert lab.restore(second)["public.t"].restored == 1000
    assert len(lab.ids()) == 2000


def test_archives_end_when_their_time_is_over(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        insert into public.t select i, '{OLD}' from generate_series(1, 3000) as i"""
    )
    lab.archives()
    lab.prune_into_archive()
    first = lab.last()
    lab.restore(first, key='{"id": 7}')
    lab.do(f"insert into public.t select i, '{OLD}' from generate_series(5001, 5010) as i")
    lab.do("call pydb.archive_purge()")
    assert lab.archived() == 2999
    # a day is the least; the setting holds where the archive says nothing
    with refused("YD001"):
        lab.do("select pydb.archive_keep_set('public.t', '1 hour')")
    with refused("YD604"):
        lab.do("select pydb.archive_keep_set('pydb.job_run', '1 day')")
    lab.do("update pydb.archive_run set last_at = now() - interval '2 years'")
    lab.do("select pydb.setting_set('archive_keep', null)")
    lab.do("call pydb.archive_purge()")
    assert lab.archived() == 2999
    lab.do("select pydb.archive_keep_set('public.t', '1 day')")
    lab.prune_into_archive()
    assert lab.rows("select state from pydb.archive_status") == [("overdue",)]
    lab.do("call pydb.archive_purge()")
    assert lab.books()[0] == ("public.t", 3000, 1, 2999)
    assert lab.archived() == 11
    assert lab.rows("select kind, state, rows_done from pydb.job_run order by id desc limit 1") == [
        ("archive", "completed", 2999)
    ]
    assert lab.restore(first) == {}
