"""Triggers that name tables of several schemas bare: the path of a policy, an entity, a job, a repair."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import pytest

from tests.orphans.lab import Lab, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import RoleFactory

# the function of a trigger finds one table in each schema, and neither under the path of the role
APP: Final = """
create schema if not exists app; create schema "Audit, 2";
create table app.root (id int primary key, at timestamptz not null default '2020-01-01', kind text);
create table app.item (id int primary key, root int, made timestamptz default now());
create table app.tally (verb text primary key, n bigint not null default 0);
create table "Audit, 2".trail (what text);
create function app.note() returns trigger language plpgsql as $$ begin
    insert into tally values (tg_op, 1) on conflict (verb) do update set n = tally.n + 1;
    insert into trail values (concat_ws(' ', tg_table_name, current_setting('search_path')));
    if tg_op = 'DELETE' then return old; end if;
    return new;
end $$;
insert into app.root select i from generate_series(1, 6) as i;
insert into app.item select i, i from generate_series(1, 9) as i;
create trigger a after insert or delete on app.root for each row execute function app.note();
create constraint trigger b after insert or delete on app.item deferrable initially deferred
for each row execute function app.note();
select pydb.reference_set('app.item', '{root}', 'app.root', '{id}', 'no action', p_name => 'item');
"""
PATH: Final = """'{app, "Audit, 2"}'"""


def policy(path: str | None = None, action: str = "delete") -> str:
    """The statement that sets the policy."""
    more = f", p_search_path => {path}" if path else ""
    return (
        "select pydb.retention_policy_set('p', 'app.root', 'at', '30 days', p_fuse_share => 1,"
        f" p_action => '{action}'{more})"
    )


@pytest.fixture
def lab(dsn: str) -> Iterator[Lab]:
    """A database whose application names tables of two schemas bare."""
    with contextlib.closing(Lab(dsn)) as made:
        made.do(APP)
        yield made


def told(lab: Lab) -> list[tuple[object, ...]]:
    """What the triggers of a table found, and under which path."""
    return lab.rows('select what, count(*) from "Audit, 2".trail group by what order by what')


@pytest.mark.parametrize("action", ["delete", "archive"])
def test_a_policy(lab: Lab, action: str) -> None:
    lab.do("select pydb.reference_drop('item')")
    lab.do(policy(action=action))
    with refused("YD110"):
        lab.do("call pydb.retention_run('p')")
    assert lab.last_run()["sqlstate"] == "42P01"
    lab.do(policy(PATH, action))
    (codes,) = lab.rows("select codes, warnings from pydb.retention_plan('p')")
    assert "trigger" in codes[0]
    assert 'app, "Audit, 2"' in str(codes[1])
    aspect = "select state, value from pydb.retention_policy_explain('p') where aspect = 'search_path'"
    assert lab.rows(aspect) == [("ok", 'app, "Audit, 2"')]
    lab.do("call pydb.retention_run('p')")
    run = lab.last_run()
    assert (run["state"], run["rows_done"]) == ("completed", 6), run
    assert told(lab) == [('root app, "Audit, 2"', 6)]
    if action == "archive":
        # they come back as they went, whatever the policy says by now
        lab.do(policy(action="archive"))
        lab.do(f"select pydb.archive_restore({run['id']}, p_allow_triggers => true)")
        assert lab.one("select count(*) from app.root") == 6
        assert told(lab) == [('root app, "Audit, 2"', 12)]


def test_what_follows_in_the_transaction_of_a_batch_has_its_own(lab: Lab) -> None:
    lab.do("select pydb.reference_drop('item')")
    lab.do(policy(PATH))
    own = lab.session(autocommit=False)
    own.execute("select pydb.retention_batch('p', p_max_rows => 5)")
    assert told(lab) == []
    with refused("42P01"):
        own.execute("select pydb.cascade_delete('app.root', '[{\"id\": 6}]', p_allow_triggers => true)")


def test_a_cascade_and_its_entity(lab: Lab) -> None:
    one = (
        'select pydb.cascade_delete({}, \'[{{"id": {}}}]\', \'{{"*": "delete"}}\','
        " p_allow_triggers => true{})"
    )
    with refused("42P01"):
        lab.do(one.format("'app.root'", 1, ""))
    lab.do(one.format("'app.root'", 1, f", p_search_path => {PATH}"))
    lab.do(f"select pydb.entity_set('thing', 'app.root', p_archive => true, p_search_path => {PATH})")
    lab.do(one.format("null", 2, ", p_entity => 'thing'"))
    assert told(lab) == [('item app, "Audit, 2"', 2), ('root app, "Audit, 2"', 2)]
    plan = "select warning from pydb.cascade_plan(null, '[{\"id\": 3}]', '{\"*\": \"delete\"}', 'thing')"
    assert all('app, "Audit, 2"' in str(line) for (line,) in lab.rows(plan))
    lab.do(f"select pydb.archive_restore({lab.last_run()['id']}, p_allow_triggers => true)")
    assert lab.ids("app.item") == [2, 3, 4, 5, 6, 7, 8, 9]


def test_a_job(lab: Lab) -> None:
    job = (
        "select pydb.cascade_request('app.root', '[{{\"id\": 4}}]', '{{\"*\": \"delete\"}}',"
        " p_allow_triggers => true{})"
    )
    with refused("YD302"):  # it is tried first
        lab.do(job.format(""))
    lab.do(job.format(f", p_search_path => {PATH}"))
    lab.do("call pydb.cascade_run()")
    assert lab.last_run()["state"] == "completed", lab.last_run()
    assert told(lab) == [('item app, "Audit, 2"', 1), ('root app, "Audit, 2"', 1)]


@pytest.mark.parametrize("mode", ["delete", "quarantine"])
def test_a_repair(lab: Lab, mode: str) -> None:
    assert lab.repair("item", mode=mode, min_age="0").run["sqlstate"] == "42P01"
    call = lab.repair("item", mode=mode, min_age="0", search_path=["app", "Audit, 2"])
    assert call.run["rows_done"] == 3, call
    assert told(lab) == [('item app, "Audit, 2"', 3)]
    if mode == "quarantine":
        lab.do(f"select pydb.orphan_restore({call.run['id']}, p_search_path => {PATH})")
        assert told(lab) == [('item app, "Audit, 2"', 6)]


def test_a_closing(lab: Lab) -> None:
    lab.do(
        """delete from app.item where root not in (select id from app.root) and set_config(
            'search_path', 'app, "Audit, 2"', true) is not null"""
    )
    lab.do(
        """create function app.ddl() returns event_trigger language plpgsql as $$ begin
            insert into trail values (concat_ws(' ', tg_tag, current_setting('search_path')));
        end $$;
        truncate "Audit, 2".trail;
        create event trigger ddl on ddl_command_end when tag in ('ALTER TABLE') execute function app.ddl()"""
    )
    with refused("42P01"):
        lab.do("call pydb.orphan_close('item')")
    with refused("YD015"):
        lab.do("call pydb.orphan_close('item', p_search_path => '{nowhere}')")
    lab.do(f"call pydb.orphan_close('item', p_search_path => {PATH})")
    # the key, and that it is valid
    assert told(lab) == [('ALTER TABLE app, "Audit, 2"', 2)]


@pytest.mark.parametrize(
    "path", ["'{}'", "'{null}'", "'{nowhere}'", "'{$user, app}'", "'{pg_temp, app}'", "'{{app}, {app}}'"]
)
def test_no_such_path(lab: Lab, path: str) -> None:
    for statement in (
        policy(path),
        f"select pydb.entity_set('thing', 'app.root', p_search_path => {path})",
        f"select pydb.cascade_delete('app.root', '[{{\"id\": 1}}]', p_search_path => {path})",
        f"select pydb.cascade_request('app.root', '[{{\"id\": 1}}]', p_search_path => {path})",
    ):
        with refused("YD015") as said:
            lab.do(statement)
        assert "p_search_path" in said.hint
    assert lab.repair("item", mode="delete", min_age="0", search_path=["nowhere"]).end == ("blocked", "error")
    assert lab.ids("app.root") == [1, 2, 3, 4, 5, 6]


def test_a_schema_in_which_others_create(lab: Lab, role: RoleFactory) -> None:
    """What the trigger would find there would run as whoever runs the policy."""
    mal = role("mal")
    lab.do(f'alter schema "Audit, 2" owner to {mal}')
    with refused("YD015") as said:
        lab.do(policy(PATH))
    lab.do(said.hint)
    lab.do(policy(PATH))
    # the path was fine when it was set: a plan says so, a run is blocked, nothing is looked up there
    lab.do(f"select pydb.reference_drop('item'); grant create on schema \"Audit, 2\" to {mal}")
    ((codes,),) = lab.rows("select codes from pydb.retention_plan('p')")
    assert "search_path" in codes
    with refused("YD111"):
        lab.do("call pydb.retention_run('p')")
    run = lab.last_run()
    assert (run["state"], run["sqlstate"], run["rows_done"]) == ("blocked", "YD015", 0)
    lab.do(f'revoke create on schema "Audit, 2" from {mal}; grant create on schema "Audit, 2" to public')
    with refused("YD015"):
        lab.do("select pydb.retention_batch('p')")
    lab.do('revoke create on schema "Audit, 2" from public')
    # in the table's own schema whoever may create there may as well replace the table
    lab.do(f"grant create on schema app to {mal}")
    lab.do("call pydb.retention_run('p')")
    assert lab.last_run()["rows_done"] == 6
