"""Every path that deletes respects holds; the paths are found, not listed by who wrote them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tests.holds.conftest import place, policy, run
from tests.lint import sqltree
from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connection, RoleFactory

DELETES: Final = re.compile(
    r"\b(delete\s+from|truncate\s+(?!on\b)|drop\s+table|detach\s+partition|merge\s+into)\b", re.IGNORECASE
)
# what can take rows of users, of archives, of the quarantine or of an idempotency case: behind which routine
# holds are asked, whatever way leads to it
GUARDED: Final = {
    "archive_export_rows": "archive_export_rows",
    "archive_purge_rows": "archive_purge_rows",
    "cascade_deletes": "cascade_execute",
    "cascade_execute_native": "cascade_execute_native",
    "cascade_purge_rows": "cascade_purge_rows",
    "cascade_purge_take": "cascade_purge_rows",
    "idempotency_prune": "idempotency_prune",
    "idempotency_reset": "idempotency_reset",
    "orphan_apply": "orphan_repair_turn",
    "retention_archive": "retention_turn",
    "retention_archive_triggered": "retention_turn",
    "retention_delete": "retention_turn",
    "retention_save_batch": "retention_partition_turn",
    "retention_together_statements": "retention_partition_turn",
}
BOOKS: Final = "pydb's own books, not the rows that they are about"
BACK: Final = "what leaves here goes back into its table in the same statement"
STAYS: Final = "takes a partition out of its table, whose rows stay: it is asked again before it goes"
OTHERS: Final = {
    "archive_adopt": BOOKS,
    "archive_chunk_account": BOOKS,
    "archive_chunk_clear": BOOKS,
    "archive_exporter_join": BOOKS,
    "archive_import_parts": "the table into which a file was read for its import",
    "archive_import_same": "the table into which a file was read for its import",
    "archive_manifest_vet": "a sentence",
    "archive_put": BACK,
    "archive_table_store": BOOKS,
    "degraded_fold": BOOKS,
    "draft_take": BOOKS,
    "entity_drop": BOOKS,
    "entity_store": BOOKS,
    "event_prune": BOOKS,
    "event_publish_batch": BOOKS,
    "idempotency_complete": BOOKS,
    "idempotency_fail": BOOKS,
    "idempotency_resolve": BOOKS,
    "objects_register": BOOKS,
    "orphan_drop_replaced": BOOKS,
    "telemetry_forget": BOOKS,
    "orphan_enroll": BOOKS,
    "orphan_horizon": BOOKS,
    "orphan_part_clear": BOOKS,
    "orphan_part_enter": BOOKS,
    "orphan_quarantine_store": "a sentence",
    "orphan_restore_rows": BACK,
    "reference_drop": BOOKS,
    "reference_store": BOOKS,
    "relation_publications": "a sentence",
    "retention_code_hurdles": "a sentence",
    "retention_detach_statement": STAYS,
    "retention_history_add": BOOKS,
    "retention_partition_finalize": STAYS,
    "retention_policy_drop": BOOKS,
    "retention_policy_store": BOOKS,
    "run_log_done": BOOKS,
    "run_prune": BOOKS,
    "schedule_prune": BOOKS,
    "schedule_prune_statement": BOOKS,
    "governor_drop": BOOKS,
    "governor_store": BOOKS,
    "window_drop": BOOKS,
    "total_fold": BOOKS,
}


def test_every_routine_that_deletes_is_known_and_says_how_it_respects_holds(db: Connection) -> None:
    found = {
        str(name)
        for name, body in db.execute(
            "select p.proname, coalesce(p.prosrc, '') from pg_catalog.pg_proc as p"
            " where p.pronamespace in ('pydb'::regnamespace, 'pydb_internal'::regnamespace)"
        )
        if DELETES.search(re.sub(r"--[^\n]*", "", str(body)))
    }
    assert found == GUARDED.keys() | OTHERS.keys()


def test_a_routine_that_deletes_would_be_found() -> None:
    for body in ("DELETE  FROM x", "execute 'truncate t'", "format('drop table %s')", "detach partition %s"):
        assert DELETES.search(body)


def test_no_way_leads_to_a_delete_but_through_the_gate() -> None:
    tree = sqltree.read()
    # rows may come between the look and the lock of a partition
    assert "retention_check_held" in tree.calls("retention_together_remove")
    callers: dict[str, set[str]] = {}
    for name in tree.routines:
        for other in tree.calls(name):
            callers.setdefault(other, set()).add(name)
    for name, guard in GUARDED.items():
        assert "hold_enter" in tree.reachable(guard, through_definer=True) | {guard}, guard
        seen, line = {name}, {name} - {guard}
        while line:
            up = set[str]().union(*(callers.get(one, set()) for one in line))
            assert all(callers.get(one) for one in line), f"{line} is a way to {name} around {guard}"
            line = up - seen - {guard}
            seen |= up


def test_a_policy_spares_what_is_held_and_says_by_whom(lab: Lab) -> None:
    place(lab, "case 7", "customer", '{"id": 3}')
    for name, table, rows, held in (
        ("items", "item", 40, 8),
        ("orders", '"Bestellung ä"', 20, 4),
        ("goods", "product", 10, 2),
        ("customers", "customer", 5, 1),
    ):
        policy(lab, name, table, p_on_referenced="'cascade'")
        ((due, spared, codes, warnings),) = lab.rows(
            "select rows, held_rows, codes, warnings from pydb.retention_plan(%s)"
            " where strategy <> 'cascade'",
            name,
        )
        assert (due, spared) == (rows, held)
        assert "held" in codes
        assert any("case 7" in warning for warning in warnings)
        end = run(lab, f"call pydb.retention_run('{name}')")
        assert end[:2] == ("partial", "held")
        assert end[3:] == (held, ["case 7"])
    assert [
        lab.number(f"select count(*) from {table}") for table in ("item", '"Bestellung ä"', "customer")
    ] == [8, 4, 1]
    assert lab.one(
        "select arguments -> 'holds' from pydb.audit_log where action = 'retention_run' limit 1"
    ) == ["case 7"]


def test_a_batch_an_archive_and_its_purge_spare_what_is_held(lab: Lab) -> None:
    policy(lab, "orders", '"Bestellung ä"', p_action="'archive'")
    run(lab, "call pydb.retention_run('orders')")
    place(lab, "case 7", "customer", '{"id": 3}')
    lab.do(
        "update pydb.archive_run set last_at = now() - interval '40 years',"
        " first_at = now() - interval '40 years'"
    )
    assert run(lab, "call pydb.archive_purge()")[:2] == ("partial", "held")
    archive = lab.one(
        "select archive::text from pydb.archive_table where source = '\"Bestellung ä\"'::regclass"
    )
    assert [row[0] for row in lab.rows(f"select id from {archive} order by id")] == [2, 8, 14, 20]
    policy(lab, "customers", "customer", p_on_referenced="'cascade'")
    lab.rows("select rows_done from pydb.retention_batch('customers')")
    assert [row[0] for row in lab.rows("select id from customer")] == [3]


def test_a_filter_holds_copies_in_an_archive_and_all_of_it_where_it_cannot_be_asked(
    lab: Lab, role: RoleFactory
) -> None:
    policy(lab, "orders", '"Bestellung ä"', p_action="'archive'")
    run(lab, "call pydb.retention_run('orders')")
    archive = lab.one(
        "select archive::text from pydb.archive_table where source = '\"Bestellung ä\"'::regclass"
    )
    ids = f"select id from {archive} order by id"
    every = [row[0] for row in lab.rows(ids)]
    long_ago = (
        "update pydb.archive_run set last_at = now() - interval '40 years',"
        " first_at = now() - interval '40 years'"
    )
    lab.do(long_ago)
    # whoever could not become the owner of pydb has none of his text run as the owner
    place(lab, "theirs", '"Bestellung ä"', None, "id = 7")
    lab.rows(
        "update pydb.hold set placed_by_role = (select oid from pg_roles where rolname = %s) returning 1",
        role("counsel"),
    )
    assert run(lab, "call pydb.archive_purge()")[:2] == ("partial", "held")
    assert [row[0] for row in lab.rows(ids)] == every
    error = lab.one("select error from pydb.job_run where kind = 'archive' order by id desc limit 1")
    # of each order two items went along
    assert error == f"{3 * len(every)} rows stay: holds are about them: theirs (filter)"
    lab.rows("select * from pydb.hold_release('theirs', 'over')")
    place(lab, "ours", '"Bestellung ä"', None, "id in (7, 9)")
    # the archive is followed by the next run that archives; until then a filter may name what it has not
    lab.do('alter table "Bestellung ä" add column "new" int default 1')
    assert run(lab, "call pydb.archive_purge()")[:2] == ("partial", "held")
    assert [row[0] for row in lab.rows(ids)] == every
    lab.do('alter table "Bestellung ä" drop column "new"')
    assert run(lab, "call pydb.archive_purge()")[:2] == ("partial", "held")
    assert [row[0] for row in lab.rows(ids)] == [7, 9]
    lab.rows("select * from pydb.hold_release('ours', 'over')")
    assert run(lab, "call pydb.archive_purge()")[:2] == ("completed", "exhausted")
    assert lab.rows(ids) == []


def test_a_cascade_is_refused_and_a_job_waits_for_the_release(lab: Lab) -> None:
    place(lab, "case 7", "item", '{"order_id": 7, "No": 2}')
    with refused("YD703") as said:
        lab.rows("select * from pydb.cascade_delete('customer', '{\"id\": 2}')")
    assert "case 7" in said.message
    assert "a court asked" in said.detail
    with refused("YD703"):
        lab.rows("select pydb.cascade_request('customer', '{\"id\": 2}')")
    steps = lab.rows(
        "select relation, rows, codes from pydb.cascade_plan('customer', '{\"id\": 2}')"
        " where action = 'blocked'"
    )
    assert ("public.item", 1, ["held"]) in steps
    lab.do("select pydb.entity_set('customer', 'customer')")
    lab.rows(
        "select pydb.cascade_request(p_keys => '{\"id\": 2}', p_entity => 'customer', p_reason => 'asked')"
    )
    assert lab.one("select holds from pydb.erasure") == ["case 7"]
    assert run(lab, "call pydb.cascade_run()", "YD703")[:3] == ("blocked", "held", 0)
    runs = lab.number("select count(*) from pydb.job_run")
    lab.do("call pydb.cascade_run()")  # it is put off: no run that could only say the same
    assert lab.number("select count(*) from pydb.job_run") == runs
    assert lab.one("select jobs from pydb.hold_release('case 7', 'closed')") == [1]
    assert run(lab, "call pydb.cascade_run()")[:2] == ("completed", "exhausted")
    assert lab.number("select count(*) from customer where id = 2") == 0


def test_a_repair_of_orphans_spares_what_is_held(lab: Lab) -> None:
    lab.do("""create table note (id int primary key, customer int);
        insert into note select i, 90 + i from generate_series(1, 6) as i;
        select pydb.reference_set('note', '{customer}', 'customer', '{id}', 'cascade', 'note_ref');""")
    place(lab, "named", "note", '{"id": 2}')
    place(lab, "carried", "customer", '{"id": 95}')
    name = lab.one("select name from pydb.reference")
    assert run(lab, f"call pydb.orphan_repair('{name}', 'delete', p_min_age => '0')")[:4] == (
        "partial",
        "held",
        4,
        2,
    )
    assert [row[0] for row in lab.rows("select id from note order by id")] == [2, 5]


def test_an_idempotency_case_that_is_held_is_neither_reset_nor_pruned(lab: Lab) -> None:
    lab.do("""select pydb.idempotency_claim('pay', 'k' || i) from generate_series(1, 3) as i""")
    place(lab, "case 7", "pydb.idempotency_key", '{"scope": "pay", "key": "k2"}')
    with refused("YD703"):
        lab.rows("select pydb.idempotency_reset('pay', 'k2', true)")
    lab.do(
        "update pydb.idempotency_key set expires_at = now() - interval '1 day',"
        " lease_until = now() - interval '1 day'"
    )
    assert lab.one("select pydb.idempotency_prune()") == 2
    assert lab.rows("select key from pydb.idempotency_key") == [("k2",)]


def test_a_refusal_is_entered(lab: Lab) -> None:
    lab.rows("select pydb.hold_refuse('public.customer', 'rows are held', 1)")
    assert lab.rows("select subject, arguments from pydb.audit_log where action = 'hold_refuse'") == [
        ("public.customer", {"said": "rows are held", "keys": 1})
    ]
    with refused("YD001"):
        lab.rows("select pydb.hold_refuse('', '')")
