"""What `suggest` finds of references that are there: of schemas like those of well-known applications."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from zlib import crc32

import pytest

from tests.references import schemas
from tests.references.schemas import Reference
from tests.retention.lab import Lab

if TYPE_CHECKING:
    from tests.conftest import Connection

RECALL: Final = 0.85
PRECISION: Final = 0.95


@pytest.fixture
def lab(db: Connection) -> Lab:
    return Lab(db)


def found(lab: Lab, name: str) -> set[Reference]:
    """The proposals for a schema, as its truth has them."""
    answer = set()
    for child, column, parent, condition in lab.rows(
        "select split_part(child, '.', 2), child_columns[1]::text, split_part(parent, '.', 2), filter"
        " from pydb.reference_suggest(%s)",
        name,
    ):
        kind = re.search("= '(.*)'", str(condition))
        answer.add(
            Reference(str(child).strip('"'), str(column), str(parent).strip('"'), kind[1] if kind else "")
        )
    return answer


@pytest.mark.parametrize("name", schemas.SCHEMAS)
def test_most_references_are_found_and_hardly_any_that_is_none(lab: Lab, name: str) -> None:
    schema = schemas.read(name)
    lab.do(schema.script)
    proposed = found(lab, name)
    right = proposed & schema.truth
    assert len(right) / len(schema.truth) >= RECALL, sorted(schema.truth - proposed)
    assert len(right) / len(proposed) >= PRECISION, sorted(proposed - schema.truth)


@pytest.mark.parametrize("name", schemas.SCHEMAS)
def test_keys_that_are_declared_help_to_find_the_others(lab: Lab, name: str) -> None:
    schema = schemas.read(name)
    lab.do(schema.script)
    declared = [edge for edge in sorted(schema.truth) if not edge.kind and crc32(repr(edge).encode()) % 2]
    for edge in declared:
        lab.do(
            f'alter table {name}."{edge.child}" add foreign key ("{edge.column}")'
            f' references {name}."{edge.parent}"'
        )
    missing = schema.truth - set(declared)
    proposed = found(lab, name)
    right = proposed & missing
    assert len(right) / len(missing) >= RECALL, sorted(missing - proposed)
    assert len(proposed - right) <= 1, sorted(proposed - missing)


KINDS: Final = r"""
create schema k; create type k.mood as enum ('Post', 'video');
create table k.posts (id int primary key); create table k."Video" ("Id" bigint primary key);
create table k.blog_page (id int primary key);
create table k.note (id int primary key, commentable_type varchar(40), commentable_id int, "ownerType" text,
    "ownerId" bigint, subject_kind k.mood, subject_id int, score_type text, score_id text);
insert into k.posts select generate_series(1, 10); insert into k."Video" select generate_series(1, 20);
insert into k.blog_page select generate_series(1, 30);
insert into k.note select i, (array['App\Models\Post', 'blog.Page', 'nothing', null])[1 + i % 4], 1 + i % 10,
    (array['video', 'posts'])[1 + i % 2], case when i % 2 = 0 then 1 + i % 20 else 1 + i % 10 end,
    (array['Post', 'video'])[1 + i % 2]::k.mood, 1 + i % 10, 'Post', 'x'
from generate_series(1, 40) as i;
"""


def test_a_column_that_says_whose_the_keys_are_is_the_condition(lab: Lab) -> None:
    lab.do(KINDS)
    rows = lab.rows(
        "select child_columns[1]::text, parent, filter, share, command from pydb.reference_suggest('k')"
    )
    assert {row[:3] for row in rows} == {
        ("commentable_id", "k.posts", "commentable_type like 'App_Models_Post'"),
        ("commentable_id", "k.blog_page", "commentable_type = 'blog.Page'"),
        ("ownerId", 'k."Video"', "\"ownerType\" = 'video'"),
        ("ownerId", "k.posts", "\"ownerType\" = 'posts'"),
        ("subject_id", "k.posts", "subject_kind = 'Post'"),
        ("subject_id", 'k."Video"', "subject_kind = 'video'"),
    }
    assert {row[3] for row in rows} == {1}
    for row in rows:
        lab.do(str(row[4]))
    assert found(lab, "k") == set()
    assert lab.number("select sum(orphans)::int from pydb.orphan_scan(p_min_age => '0')") == 0
    # the values are in the rows: without reading there is nothing to say
    lab.do("delete from pydb.reference")
    assert lab.rows("select * from pydb.reference_suggest('k', false)") == []
