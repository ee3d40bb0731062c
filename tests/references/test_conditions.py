"""References with a condition: one column for rows of several tables, parents that are deleted softly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connection

POST = "commentable_type = 'Post'"


@pytest.fixture
def lab(db: Connection) -> Lab:
    made = Lab(db)
    made.do(
        """create table public.post (id int primary key, t timestamptz, deleted_at timestamptz);
        create table public.video (id int primary key);
        create table public.note (id int primary key, commentable_type text, commentable_id int);
        create table public.like_ (id int primary key, note_id int references public.note on delete cascade);
        create index on public.note (commentable_type, commentable_id);
        create index on public.like_ (note_id);
        insert into public.post values (1), (2), (3); insert into public.video values (1), (2), (9);
        insert into public.note values (1, 'Post', 1), (2, 'Video', 1), (3, 'Post', 2), (4, 'Video', 9),
            (5, 'Post', 77), (6, 'Video', 77), (7, null, 1), (8, 'Post', null);
        insert into public.like_ values (1, 1), (2, 2)"""
    )
    return made


def put(lab: Lab, filter_: str | None = POST, parent: str | None = None, on_delete: str = "cascade") -> None:
    lab.rows(
        "select pydb.reference_set('public.note', '{commentable_id}', 'public.post', '{id}', %s, "
        "p_filter => %s, p_parent_filter => %s)",
        on_delete,
        filter_,
        parent,
    )


def test_a_cascade_takes_the_rows_of_its_kind(lab: Lab) -> None:
    put(lab)
    assert lab.rows("select filter, is_indexed from pydb.reference_list where kind = 'logical'") == [
        ("(commentable_type = 'Post'::text)", True)
    ]
    plan = """select relation, rows from pydb.cascade_plan('public.post', '[{"id": 1}]') order by relation"""
    wanted = [("public.like_", 1), ("public.note", 1), ("public.post", 1)]
    assert lab.rows(plan) == wanted
    assert lab.rows(plan.replace("cascade_plan", "cascade_delete")) == wanted
    assert lab.ids("public.note") == [2, 3, 4, 5, 6, 7, 8]
    assert lab.ids("public.like_") == [2]


def test_a_durable_job_takes_the_rows_of_its_kind(lab: Lab) -> None:
    put(lab)
    lab.do("""select pydb.cascade_request('public.post', '[{"id": 1}, {"id": 2}]')""")
    lab.do("call pydb.cascade_run()")
    assert lab.ids("public.note") == [2, 4, 5, 6, 7, 8]
    assert lab.ids("public.post") == [3]


def test_a_long_chain_of_rows_is_followed_under_its_condition(lab: Lab) -> None:
    lab.do(
        """create table public.node (id int primary key, kind text, up int); create index on public.node (up);
        insert into public.node select i, case when i = 150 then 'b' else 'a' end, nullif(i - 1, 0)
        from generate_series(1, 200) as i;
        select pydb.reference_set('public.node', '{up}', 'public.node', '{id}', 'cascade',
            p_filter => 'kind = ''a''')"""
    )
    deleted = lab.rows("""select rows from pydb.cascade_delete('public.node', '[{"id": 1}]')""")
    assert sum(row[0] for row in deleted) == 149
    assert lab.ids("public.node") == list(range(150, 201))


@pytest.mark.parametrize("mode", ["set null", "no action"])
def test_rows_of_another_kind_are_neither_set_nor_in_the_way(lab: Lab, mode: str) -> None:
    put(lab, on_delete=mode)
    delete = """select relation, rows from pydb.cascade_delete('public.post', '[{"id": 1}]')"""
    if mode == "no action":
        with refused("YD302"):
            lab.do(delete)
        lab.do("delete from public.note where id = 1")
    lab.do(delete)
    left = lab.rows("select id from public.note where commentable_id is null order by id")
    assert left == ([(1,), (8,)] if mode == "set null" else [(8,)])
    assert lab.number("select count(*) from public.note where commentable_id = 1") == 2


def test_orphans_are_of_its_kind(lab: Lab) -> None:
    put(lab)
    scan = (
        "select orphans, checked_rows, sample from pydb.orphan_scan('commentable_id_ref', p_min_age => '0')"
    )
    assert lab.rows(scan) == [(1, 4, [{"id": 5, "commentable_id": 77}])]
    repair = "call pydb.orphan_repair('commentable_id_ref', 'delete', p_min_age => '0', p_dry_run => {})"
    lab.do(repair.format(True))
    assert lab.number("select rows_planned from pydb.job_run where dry_run") == 1
    lab.do(repair.format(False))
    assert lab.ids("public.note") == [1, 2, 3, 4, 6, 7, 8]
    assert lab.rows(scan) == [(0, 3, [])]


@pytest.mark.parametrize("mode", ["quarantine", "nullify"])
def test_what_is_behind_a_softly_deleted_parent_is_an_orphan(lab: Lab, mode: str) -> None:
    lab.do("update public.post set deleted_at = now() where id = 2")
    put(lab, parent="deleted_at is null")
    assert lab.rows(
        "select id from pydb.orphan_scan(p_min_age => '0') as s, "
        "lateral jsonb_to_recordset(s.sample) as k (id int) "
        "where s.reference ~ 'commentable' order by id"
    ) == [(3,), (5,)]
    lab.do(f"call pydb.orphan_repair('commentable_id_ref', '{mode}', p_min_age => '0')")
    gone = "select id from public.note where commentable_id is null order by id"
    assert lab.rows(gone) == ([(8,)] if mode == "quarantine" else [(3,), (5,), (8,)])
    assert lab.number("select count(*) from public.note") == (6 if mode == "quarantine" else 8)
    # a row behind a parent that does not count is not taken along with it either
    lab.do("insert into public.note values (9, 'Post', 2)")
    lab.do("""select pydb.cascade_delete('public.post', '[{"id": 2}]')""")
    assert 9 in lab.ids("public.note")


@pytest.mark.parametrize(
    "columns", ["t text, p text, c text, s int, k int, r int, u int, d int", '"T" text, "tableoid_" int']
)
def test_a_condition_over_columns_called_like_our_aliases(lab: Lab, columns: str) -> None:
    name = columns.split(maxsplit=1)[0]
    lab.do(
        f"""create table public.odd (id int primary key, ref int, {columns});
        create table public.root (id int primary key, {columns});
        insert into public.root (id, {name}) values (1, 'x'), (2, 'y');
        insert into public.odd (id, ref, {name}) values (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'a'),
            (4, 9, 'a'), (5, 9, 'b')"""
    )
    lab.rows(
        "select pydb.reference_set('public.odd', '{ref}', 'public.root', '{id}', 'cascade', "
        "p_filter => %s, p_parent_filter => %s)",
        f"{name} = 'a'",
        f"{name} = 'x'",
    )
    scanned = lab.rows("select sample from pydb.orphan_scan('odd.ref_ref', p_min_age => '0')")
    assert [row["id"] for row in scanned[0][0]] == [3, 4]
    lab.do("call pydb.orphan_repair('odd.ref_ref', 'delete', p_min_age => '0')")
    assert lab.ids("public.odd") == [1, 2, 5]
    lab.do("""select pydb.cascade_delete('public.root', '[{"id": 1}]')""")
    assert lab.ids("public.odd") == [2, 5]


def test_a_condition_is_checked_like_a_filter(lab: Lab) -> None:
    for wrong in ("random() > 0", "nothing = 1", "id in (select 1)", "true) or (true", "commentable_type"):
        with refused("YD103"):
            put(lab, wrong)
        with refused("YD103"):
            put(lab, None, wrong)
    assert lab.rows("select 1 from pydb.reference") == []


@pytest.mark.parametrize(
    ("columns", "name", "warned"),
    [
        ("commentable_type text, commentable_id int", "commentable_id", True),
        ('"commentableType" text, "commentableId" int', "commentableId", True),
        ("owner_kind int, owner_id int", "owner_id", True),
        ("content_type_id int, object_id int", "object_id", True),
        ("post_id int, note_type text", "post_id", False),
        ("post_id int", "post_id", False),
    ],
)
def test_a_column_beside_the_key_that_says_whose_it_is(
    lab: Lab, columns: str, name: str, warned: bool
) -> None:
    said: list[tuple[str, str]] = []
    lab.do(f"create table public.memo (id int primary key, {columns})")
    lab.db.add_notice_handler(
        lambda diagnostic: said.append(
            (diagnostic.severity_nonlocalized or "", diagnostic.message_hint or "")
        )
    )
    lab.rows("select pydb.reference_set('public.memo', array[%s]::name[], 'public.post', '{id}')", name)
    hints = [hint for severity, hint in said if severity == "WARNING"]
    assert len(hints) == warned
    if warned and "int," not in columns:
        said.clear()
        lab.do(hints[0])
        assert [severity for severity, _ in said if severity == "WARNING"] == []


def test_the_warning_proposes_the_kind_that_is_called_like_the_parent(lab: Lab) -> None:
    hints: list[str] = []
    lab.db.add_notice_handler(
        lambda diagnostic: (
            hints.append(diagnostic.message_hint or "")
            if diagnostic.severity_nonlocalized == "WARNING"
            else None
        )
    )
    put(lab, None)
    lab.do(hints[0])
    assert lab.rows("select filter from pydb.reference") == [("(commentable_type = 'Post'::text)",)]
    lab.do("update public.note set commentable_type = 'Post'")
    hints.clear()
    put(lab, None)
    assert hints == []


def test_a_condition_can_be_no_foreign_key_and_the_generated_column_can(lab: Lab) -> None:
    lab.do("delete from public.note where id = 5")
    put(lab)
    with refused("YD406") as refusal:
        lab.do("call pydb.orphan_close('commentable_id_ref')")
    lab.do(refusal.hint.partition("instead: ")[2])
    lab.do(
        """select pydb.reference_drop('commentable_id_ref');
        select pydb.reference_set('public.note', '{commentable_id_key}', 'public.post', '{id}', 'cascade')"""
    )
    lab.do("call pydb.orphan_close('commentable_id_key_ref')")
    lab.do("delete from public.post where id = 1")
    assert lab.ids("public.note") == [2, 3, 4, 6, 7, 8]


@pytest.mark.parametrize(
    ("kind", "value", "parent"),
    [
        ("int[]", "{1,2}", "int"),
        ("text[]", "{1}", "int"),
        ("uuid[]", "{018bcfe5-6800-7000-8000-000000000001}", "uuid"),
        ("jsonb", '{"id": 1}', "int"),
        ("json", '{"id": 1}', "bigint"),
        ("text", "1", "int"),
        ("varchar(9)", "1", "bigint"),
        ("text", "018bcfe5-6800-7000-8000-000000000001", "uuid"),
    ],
)
def test_keys_in_another_form_get_the_way_to_a_reference(
    lab: Lab, kind: str, value: str, parent: str
) -> None:
    key = "018bcfe5-6800-7000-8000-000000000001" if parent == "uuid" else "1"
    lab.do(
        f"""create table public.doc (id int primary key, ref {kind});
        insert into public.doc values (1, '{value}');
        create table public.to_ (id {parent} primary key); insert into public.to_ values ('{key}')"""
    )
    with refused("YD301") as refusal:
        lab.do("select pydb.reference_set('public.doc', '{ref}', 'public.to_', '{id}')")
    typed = re.search(r"((?:alter|create) table .*?); then", refusal.hint)
    assert typed is not None, refusal.hint
    lab.do(typed[1])
    table = "public.doc_ref" if typed[1].startswith("create") else "public.doc"
    lab.do(f"select pydb.reference_set('{table}', '{{ref_key}}', 'public.to_', '{{id}}', 'cascade')")
    assert lab.number("select sum(orphans)::int from pydb.orphan_scan(p_min_age => '0')") == (
        1 if value == "{1,2}" else 0
    )


@pytest.mark.parametrize("mode", ["no action", "restrict", "cascade", "set null"])
@pytest.mark.parametrize("parent", [None, "deleted_at is null"])
def test_retention_keeps_and_takes_what_the_condition_says(lab: Lab, mode: str, parent: str | None) -> None:
    """Plan = effect, and rows of another kind keep nobody."""
    lab.do(
        """insert into public.post select generate_series(4, 40);
        update public.post set t = '2020-01-01', deleted_at = case when id = 3 then now() end;
        insert into public.note values (9, 'Post', 3)"""
    )
    put(lab, parent=parent, on_delete=mode)
    lab.policy("p", "public.post", "t", "1 day", fuse_share=1)
    plan = lab.plan(None)
    run = lab.run()
    gone = {"cascade": [1, 3, 9], "set null": []}.get(mode, [])
    if parent is not None and gone:
        gone.remove(9)
    kept = {"no action": [1, 2, 3], "restrict": [1, 2, 3]}.get(mode, [])
    if parent is not None and kept:
        kept.remove(3)
    assert lab.ids("public.post") == kept
    assert sorted({1, 2, 3, 4, 5, 6, 7, 8, 9} - set(lab.ids("public.note"))) == gone
    assert sum(row.rows for row in plan) == run.rows_done
    assert sum(row.blocked_rows for row in plan) == len(kept)
    blank = lab.rows("select id from public.note where commentable_id is null order by id")
    blanked = {1, 3, 9} - ({9} if parent else set()) if mode == "set null" else set()
    assert blank == [(number,) for number in sorted({8} | blanked)]


def test_retention_of_a_table_that_references_itself_under_a_condition(lab: Lab) -> None:
    lab.do(
        """create table public.node (id int primary key, kind text, up int, t timestamptz);
        insert into public.node select i, case when i % 2 = 0 then 'b' else 'a' end, i - 1,
            case when i > 50 then now() else '2020-01-01' end
        from generate_series(1, 60) as i;
        update public.node set kind = 'a' where id in (50, 51);
        select pydb.reference_set('public.node', '{up}', 'public.node', '{id}', p_filter => 'kind = ''a''')"""
    )
    lab.policy("p", "public.node", "t", "1 day", fuse_share=1)
    plan, run = lab.plan(None), lab.run()
    # 51 is young and needs 50, which needs 49; 48 needs nobody: it is of another kind
    assert lab.ids("public.node") == [*range(48, 61)]
    assert sum(row.rows for row in plan) == run.rows_done
