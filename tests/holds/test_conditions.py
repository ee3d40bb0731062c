"""What a hold holds: rows that it names, what hangs on them and comes later, and what these need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.holds.conftest import place, policy, run
from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection, RoleFactory


def kept(lab: Lab, table: str, column: str = "id") -> list[object]:
    """What stays of a table when everything that is not held goes, by the condition of every delete."""
    free = lab.one("select pydb_internal.hold_free_condition(%s::regclass)", table)
    return [
        row[0] for row in lab.rows(f"select {column} from {table} as t where not (true{free}) order by 1")
    ]


@pytest.mark.parametrize(
    ("hold", "customers", "orders", "items", "products"),
    [
        (("customer", '[{"id": 3}]'), [3], [2, 8, 14, 20], 8, [3, 9]),
        (("customer", None, "id > 5"), [6], [5, 11, 17, 23], 8, [6, 12]),
        (("item", '{"order_id": 7, "No": 2}'), [2], [7], 1, [8]),
        (("product",), [*range(1, 7)], [*range(1, 25)], 48, [*range(1, 13)]),
        (
            ("customer", None, None, '{"tenant_id": [2]}'),
            [2, 5],
            [1, 4, 7, 10, 13, 16, 19, 22],
            16,
            [2, 5, 8, 11],
        ),
    ],
    ids=["key", "filter", "composite key", "table", "tenant"],
)
def test_a_hold_holds_what_hangs_on_its_rows_and_what_they_need(  # noqa: PLR0917
    lab: Lab, hold: tuple[str | None, ...], customers: object, orders: object, items: int, products: object
) -> None:  # fmt: skip
    place(lab, "case 7", *hold)
    assert kept(lab, "customer") == customers
    assert kept(lab, '"Bestellung ä"') == orders
    assert kept(lab, "product") == products
    assert len(kept(lab, "item", '"No"')) == items


def test_the_number_of_a_table_that_is_gone_is_no_index(lab: Lab) -> None:
    """A dump has such a number as it was, and where it is restored it may be that of anything."""
    place(lab, "case 7", "product", '[{"id": 3}]')
    place(lab, "case 8", None, None, None, '{"tenant_id": 99}')
    lab.do("""update pydb.hold set relation = 'customer_pkey'::regclass where relation is not null;
        update pydb.hold set tables_seen = tables_seen || 'customer_pkey'::regclass where relation is null""")
    assert kept(lab, "product") == [3]
    assert lab.rows("select state from pydb.hold_status") == [("active",), ("active",)]


def test_a_tenant_is_held_wherever_the_column_is(lab: Lab) -> None:
    place(lab, "case 7", None, None, None, '{"tenant_id": 2}')
    named = lab.rows('select id from "Bestellung ä" where tenant_id = 2 or customer_id in (2, 5) order by id')
    assert kept(lab, '"Bestellung ä"') == [row[0] for row in named]
    lab.do(
        "create table later (id int, tenant_id bigint);"
        " insert into later select i, i from generate_series(1, 3) as i"
    )
    assert kept(lab, "later") == [2]


def test_what_comes_later_is_held_too_and_what_comes_back(lab: Lab) -> None:
    place(lab, "case 7", "customer", '[{"id": 3}, {"id": 99}]')
    lab.do("""insert into customer values (99, '2024-06-01', 0);
        insert into "Bestellung ä" values (90, 99), (91, 3);
        delete from customer where id = 3; insert into customer values (3, null, null)""")
    assert kept(lab, "customer") == [3, 99]
    assert kept(lab, '"Bestellung ä"') == [90]


def test_a_tree_is_held_below_and_above(lab: Lab) -> None:
    lab.do("""create table part (id int primary key, at timestamptz,
            whole int references part on delete cascade);
        insert into part select i, '2024-06-01', nullif(i / 2, 0) from generate_series(1, 31) as i""")
    place(lab, "tree", "part", '{"id": 5}')
    assert kept(lab, "part") == [1, 2, 5, 10, 11, 20, 21, 22, 23]
    policy(lab, "parts", "part", p_on_referenced="'cascade'")
    assert lab.rows(
        "select rows, held_rows from pydb.retention_plan('parts') where policy = 'parts' limit 1"
    ) == [(22, 9)]
    assert run(lab, "call pydb.retention_run('parts')")[:4] == ("partial", "held", 22, 9)
    assert lab.number("select count(*) from part") == 9


def test_logical_references_carry_holds_and_partitions_are_held_by_their_table(lab: Lab) -> None:
    lab.do("""create table event (id int, customer int, at timestamptz) partition by range (at);
        create table event_a partition of event for values from ('2024-01-01') to ('2024-07-01');
        create table event_b partition of event for values from ('2024-07-01') to ('2024-08-01');
        create table event_c partition of event for values from ('2024-08-01') to ('2034-09-01');
        insert into event select i, 1 + i % 6, timestamptz '2024-06-01' + i * interval '6 days'
            from generate_series(1, 10) as i;
        select pydb.reference_set('event', '{customer}', 'customer', '{id}', 'cascade')""")
    place(lab, "case 7", "customer", '{"id": 3}')
    assert kept(lab, "event") == [2, 8]
    policy(lab, "events", "event", p_action="'drop_partition'")
    codes = lab.rows("select relation, codes from pydb.retention_plan('events', '2025-01-01')")
    assert {relation for relation, found in codes if "partition_held" in found} == {
        "public.event_a",
        "public.event_b",
    }
    run(lab, "call pydb.retention_run('events', p_now => '2025-01-01')")
    assert [row[0] for row in lab.rows("select id from event order by id")] == [2, 8]
    lab.rows("select * from pydb.hold_release('case 7', 'over')")
    run(lab, "call pydb.retention_run('events', p_now => '2025-01-01')")
    assert lab.number("select count(*) from event") == 0
    assert lab.one("select to_regclass('event_a')") is None


def test_several_holds_count_by_themselves_and_an_end_ends_one(lab: Lab) -> None:
    place(lab, "one", "customer", '{"id": 3}')
    place(lab, "two", "customer", None, "id in (3, 4)")
    lab.do(
        "select pydb.hold_place('three', 'customer', '{\"id\": 5}', p_reason => 'r',"
        " p_until => now() + interval '1 h')"
    )
    assert kept(lab, "customer") == [3, 4, 5]
    assert lab.rows(
        "select relation, rows, still_held, free, holds from pydb.hold_release('one', 'closed')"
    ) == [("public.customer", 1, 1, 0, ["two"])]
    lab.do("update pydb.hold set until = now() - interval '1 second' where name = 'three'")
    assert kept(lab, "customer") == [3, 4]
    assert lab.rows(
        "select relation, rows, still_held, free, holds from pydb.hold_release('two', 'closed')"
    ) == [("public.customer", 2, 0, 2, [])]
    assert lab.rows("select name, state from pydb.hold_status order by id") == [
        ("one", "released"),
        ("two", "released"),
        ("three", "ended"),
    ]
    actions = lab.rows("select action, subject from pydb.audit_log where action like 'hold%' order by id")
    assert [action for action, _ in actions] == ["hold_place"] * 3 + ["hold_release"] * 2
    assert kept(lab, "customer") == []


def test_what_is_no_hold_is_refused(lab: Lab) -> None:
    cases = [
        ("YD001", "customer", None, None, None, ""),
        ("YD001", "customer", '{"id": 1}', "id = 1", None, "r"),
        ("YD001", None, None, None, None, "r"),
        ("YD701", "customer", '{"nope": 1}', None, None, "r"),
        ("YD701", "customer", '{"id": null}', None, None, "r"),
        ("YD701", "customer", '{"id": "x"}', None, None, "r"),
        ("YD701", "customer", "[]", None, None, "r"),
        ("YD701", None, None, None, '{"nobody_has_this": 1}', "r"),
        ("YD701", "customer", None, None, "[1]", "r"),
        ("YD103", "customer", None, "id in (select 1)", None, "r"),
        ("YD003", "pg_class", None, None, None, "r"),
    ]
    for state, *values in cases:
        with refused(state, what=values):
            lab.rows("select pydb.hold_place('x', %s, %s, %s, %s, %s)", *values)
    place(lab, "taken", "customer")
    with refused("YD702"):
        place(lab, "taken", "item")
    with refused("YD001"):
        lab.rows("select * from pydb.hold_release('taken', '')")
    with refused("YD002"):
        lab.rows("select * from pydb.hold_release('nobody', 'r')")


def test_a_hold_that_cannot_be_followed_stops_what_it_may_be_about(lab: Lab) -> None:
    place(lab, "case 7", "customer", '{"tenant_id": 1}')
    policy(lab, "items", "item")
    lab.do("alter table customer rename tenant_id to tenant")
    assert lab.one("select state from pydb.hold_status") == "broken"
    assert run(lab, "call pydb.retention_run('items')", "YD704")[:2] == ("blocked", "held")
    assert lab.number("select count(*) from item") == 48
    lab.do(
        "create table other (id int primary key, at timestamptz); insert into other values (1, '2024-06-01')"
    )
    policy(lab, "others", "other")
    assert run(lab, "call pydb.retention_run('others')")[:2] == ("completed", "exhausted")
    assert lab.rows("select * from pydb.hold_release('case 7', 'its column is gone')") == []
    assert run(lab, "call pydb.retention_run('items')")[:2] == ("completed", "exhausted")


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("alter table customer rename tenant_id to tenant", "tenant_id, which is no column"),
        ("alter table customer drop column tenant_id", "tenant_id, which is no column"),
        ("alter table customer alter tenant_id type app_number", "of the domain public.app_number"),
        ("drop extension citext", "ext.citext"),
        ("drop role {author}", "who placed it, is gone"),
    ],
)
def test_a_filter_that_cannot_be_asked_is_said_before_the_night(
    lab: Lab, connect: Connect, role: RoleFactory, gone: str, said: str
) -> None:
    lab.do("create schema ext; create extension citext schema ext; create domain app_number int")
    author = role("author", "superuser")
    theirs = Lab(connect(user=author))
    place(theirs, "case 7", "customer", None, "tenant_id = 1 and tenant_id::text::ext.citext is not null")
    policy(lab, "items", "item")
    status = "select state, problem, hint from pydb.hold_status where name = 'case 7'"
    assert lab.rows(status) == [("active", None, None)]
    lab.do(gone.format(author=author))
    state, problem, hint = lab.rows(status)[0]
    cure = (
        "pydb hold place NEW-NAME public.customer --filter … --reason …, which says it as it is now; then: "
    )
    assert (state, hint) == ("broken", f"{cure}pydb hold release 'case 7' --reason …")
    assert said in str(problem)
    (health,) = lab.rows(
        "select status, reason_code, detail -> 'findings' -> 0 ->> 'detail', hint from pydb.health('{holds}')"
    )
    assert health == ("error", "hold_broken", f"case 7: {problem}", hint)
    assert lab.one('select value from pydb.metric where labels = \'{"state": "broken"}\'') == 1
    assert run(lab, "call pydb.retention_run('items')", "YD704")[:2] == ("blocked", "held")
    assert str(problem) in str(lab.one("select error from pydb.job_run order by id desc limit 1"))
    # as it says
    place(lab, "case 8", "customer", '{"id": 1}')
    lab.rows("select * from pydb.hold_release('case 7', 'case 8 says it now')")
    assert lab.one("select status from pydb.health('{holds}')") == "ok"
    assert run(lab, "call pydb.retention_run('items')")[:2] == ("partial", "held")


def test_an_override_exempts_rows_from_one_hold_and_is_a_right_of_its_own(
    lab: Lab, connect: Connect, role: RoleFactory
) -> None:
    place(lab, "one", "customer")
    place(lab, "two", "customer", '{"id": 4}')
    lab.rows("""select pydb.hold_override('one', 'customer', '[{"id": 4}, {"id": 5}]', 'the judge agreed')""")
    assert 5 not in kept(lab, "customer")
    assert 4 in kept(lab, "customer")
    lab.rows("""select * from pydb.cascade_delete('customer', '{"id": 5}')""")
    assert lab.number('select count(*) from "Bestellung ä" where customer_id = 5') == 0
    with refused("YD703"):
        lab.rows("""select * from pydb.cascade_delete('customer', '{"id": 4}')""")
    with refused("YD002"):
        lab.rows("""select pydb.hold_override('none', 'customer', '{"id": 4}', 'r')""")
    name = role("admin")
    lab.do(f'grant usage on schema pydb, public to "{name}"; grant select on customer to "{name}"')
    with refused("42501"):
        connect(user=name).execute("select pydb.hold_override('one', 'customer', '{\"id\": 4}', 'r')")
    assert lab.one("select arguments ->> 'reason' from pydb.audit_log where action = 'hold_override'")
    lab.do("update pydb.hold set until = now() where overrides is not null")
    assert 6 in kept(lab, "customer")


def test_a_filter_of_somebody_who_could_not_do_it_himself_stops_the_delete(
    lab: Lab, db: Connection, role: RoleFactory
) -> None:
    place(lab, "case 7", "customer", None, "id = 1")
    name = role("gone")
    db.execute("update pydb.hold set placed_by_role = (select oid from pg_roles where rolname = %s)", [name])
    with refused("YD704"):
        lab.rows("select * from pydb.cascade_delete('customer', '{\"id\": 5}')")


def test_a_filter_that_is_one_column_and_nothing_else(lab: Lab) -> None:
    lab.do("alter table customer add held boolean; update customer set held = id = 2 where id < 4")
    place(lab, "case 7", "customer", None, "held")
    assert kept(lab, "customer") == [2]
    policy(lab, "customers", "customer", p_filter="'held'", p_on_referenced="'cascade'")
    lab.rows("select * from pydb.hold_release('case 7', 'over')")
    assert run(lab, "call pydb.retention_run('customers')")[:2] == ("completed", "exhausted")
    assert [row[0] for row in lab.rows("select id from customer order by id")] == [1, 3, 4, 5, 6]


def test_an_override_that_ends_while_a_run_is_at_work_exempts_no_more(lab: Lab) -> None:
    place(lab, "one", "customer")
    lab.rows("""select pydb.hold_override('one', 'customer', '[{"id": 4}]', 'the judge agreed')""")
    policy(lab, "customers", "customer")
    # what a batch asks, that belongs to a run which laid out its work before
    asked = """select (pydb_internal.retention_held_since(p, jsonb_populate_record(
            null::pydb_internal.retention_work,
            jsonb_build_object('free', r.free, 'free_at', g.generation, 'free_until', r.until)
        ))).free_since
        from pydb.retention_policy as p, pydb_internal.hold_rule_of('customer'::regclass) as r,
            pydb_internal.hold_gate as g where p.name = 'customers'"""
    assert lab.one(asked) is None
    exempt = str(lab.one("select pydb_internal.hold_free_condition('customer'::regclass)"))
    lab.do("update pydb.hold set until = now() where overrides is not null")
    with_end = asked.replace("r.free,", "%s::text,").replace("r.until", "now()")
    (since,) = lab.rows(with_end, exempt)[0]
    assert lab.rows(f"select id from customer as t where not (true{since}) order by id") == [
        (number,) for number in range(1, 7)
    ]
