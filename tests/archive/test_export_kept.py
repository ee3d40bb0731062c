"""Files hold exactly what a policy with rules lets go: what its plan says, and what is gone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings

from pydb.archive import carry, export, manifest
from pydb.archive.outcome import Outcome
from pydb.archive.target import Directory
from tests import reuse
from tests.archive.filelab import end
from tests.retention.lab import NOW
from tests.retention.lab import Lab as Retention
from tests.retention.test_keep_property import KEEP, TYPES, Case, build, cases

if TYPE_CHECKING:
    from typing import BinaryIO

    from tests.archive.filelab import FileLab

MAPPING: Final = (
    "p_keep_table => 'app.tenant', p_keep_by => '{tenant}', p_keep_key => '{id}', p_keep_value => 'keep',"
    " p_keep_floor => '7 days'"
)
# ids are tenant * 10 and a number of the age
RULES: Final[dict[str, tuple[str, set[int]]]] = {
    "mapping": (
        MAPPING,
        {12, 13, 14, 15, 25, 43, 44, 45, 53, 54, 55},
    ),
    "column": ("p_keep_column => 'days'", {13, 14, 15, 24, 25, 33, 34, 35, 43, 44, 45, 53, 54, 55}),
    "last": (
        "p_keep_last => 4, p_keep_last_by => '{tenant}', p_combine => 'and'",
        {15, 25, 35, 45, 55},
    ),
    "or last": (
        "p_keep_last => 1, p_keep_last_by => '{tenant}', p_combine => 'or', p_keep_floor => '7 days'",
        {12, 13, 14, 15, 22, 23, 24, 25, 32, 33, 34, 35, 42, 43, 44, 45, 52, 53, 54, 55},
    ),
}


@pytest.fixture
def shop(files: FileLab) -> FileLab:
    """``app.event``: rows of 5, 20, 40, 100, 400 days of each tenant.

    Tenant 1 keeps 10 days, 2 keeps 200, 3 is kept for ever, 4 says nothing, 5 has no row.
    Row 23 says 60 days by itself.
    """
    files.do(
        """create schema if not exists app;
        create table app.tenant (id int primary key, keep interval);
        insert into app.tenant values (1, '10 days'), (2, '200 days'), (3, null), (4, '30 days');
        create table app.event (id int primary key, tenant int not null, at timestamptz not null, days int);
        insert into app.event select t * 10 + a.n, t, now() - a.days * interval '1 day',
            case when t * 10 + a.n = 23 then 60 end
            from generate_series(1, 5) as t
            cross join unnest('{5,20,40,100,400}'::int[]) with ordinality as a (days, n);
        create index on app.event (tenant, at);
        analyze app.event, app.tenant"""
    )
    return files


@pytest.mark.parametrize("rule", RULES)
def test_what_the_rules_let_go_is_planned_is_in_files_and_is_gone(shop: FileLab, rule: str) -> None:
    said, goes = RULES[rule]
    shop.policy("app.event", more=f"{said}, p_fuse_share => 1")
    before = shop.in_table()
    assert shop.value("select sum(rows) from pydb.retention_plan('events')") == len(goes)
    outcome = shop.export(blocks=1)
    assert end(outcome) == ("completed", "exhausted", len(goes))
    assert outcome.run is not None
    assert outcome.run.rows_planned == len(goes)
    assert shop.in_files() == goes
    assert shop.in_table() == before - goes
    assert end(shop.export()) == ("completed", "exhausted", 0)


def test_rules_and_a_hold_together(shop: FileLab) -> None:
    said, goes = RULES["mapping"]
    shop.do(
        """select pydb.hold_place('case-7', 'app.event', '[{"id": 13}, {"id": 55}]', p_reason => 'court')"""
    )
    shop.policy("app.event", more=f"{said}, p_fuse_share => 1")
    assert shop.value("select sum(rows) from pydb.retention_plan('events')") == len(goes) - 2
    assert end(shop.export()) == ("partial", "held", len(goes) - 2)
    assert shop.in_files() == goes - {13, 55}


class Holding(Directory):
    """A directory: while the second file is written, a hold is placed on a row that the first one has."""

    def __init__(self, files: FileLab) -> None:
        super().__init__(files.path)
        self.files = files
        self.data: list[str] = []

    def create(self, name: str) -> BinaryIO:
        if name.endswith(manifest.ENDING):
            self.data.append(name)
            if len(self.data) == 2:
                # in a session of its own: the exporter is in the middle of a COPY
                self.files.do(
                    """select pydb.hold_place('late', 'app.event', '[{"id": 3}]', p_reason => 'court')"""
                )
        return super().create(name)


def test_a_row_that_is_held_when_its_file_is_written_stays_in_its_table(files: FileLab) -> None:
    files.table(1000)
    place = Holding(files)
    assert end(files.export(place=place, blocks=3)) == ("partial", "held", 999)
    assert len(place.data) > 1
    assert files.in_table() == {3}
    assert 3 in files.in_files()
    assert end(files.export()) == ("partial", "held", 0)
    files.do("select * from pydb.hold_release('late', 'closed')")
    assert end(files.export()) == ("completed", "exhausted", 1)


def test_a_budget_takes_rows_that_go_and_no_others(shop: FileLab) -> None:
    said, goes = RULES["or last"]
    shop.policy("app.event", more=f"{said}, p_fuse_share => 1")
    assert end(shop.export(max_rows=7)) == ("partial", "row_budget", 7)
    assert len(shop.in_files()) == 7
    assert end(shop.export()) == ("completed", "exhausted", len(goes) - 7)
    assert shop.in_files() == goes


def test_a_row_that_a_rule_keeps_when_it_would_be_deleted_is_in_both(shop: FileLab) -> None:
    said, goes = RULES["mapping"]
    shop.policy("app.event", more=f"{said}, p_fuse_share => 1")
    # the files are written, and the delete waits for the table; by then one tenant is kept for ever
    (outcome,) = shop.export_until(
        "lock table app.event in share mode",
        lambda files: files.do("update app.tenant set keep = null where id = 1"),
    )
    assert isinstance(outcome, Outcome), outcome
    assert end(outcome) == ("completed", "exhausted", len(goes) - 4)
    assert shop.in_files() == goes
    assert shop.in_table() >= {12, 13, 14, 15}
    assert end(shop.export()) == ("completed", "exhausted", 0)


def test_partitions_that_are_exported_and_dropped_keep_what_a_rule_keeps(files: FileLab) -> None:
    files.do(
        """create schema if not exists app;
        create table app.tenant (id int primary key, keep interval);
        insert into app.tenant values (1, '300 days');
        create table app.event (id int, tenant int, at timestamptz not null) partition by range (at);
        create table app.event_a partition of app.event
            for values from (now() - interval '200 days') to (now() - interval '150 days');
        create table app.event_b partition of app.event
            for values from (now() - interval '150 days') to (now() - interval '100 days');
        create table app.event_z partition of app.event for values from (now() - interval '50 days') to
            (now() + interval '50 days');
        insert into app.event select i, 1, now() - interval '180 days' from generate_series(1, 3) as i;
        insert into app.event select i, 2, now() - interval '180 days' from generate_series(11, 13) as i;
        insert into app.event select i, 2, now() - interval '120 days' from generate_series(21, 23) as i"""
    )
    files.do(
        "select pydb.retention_policy_set('events', 'app.event', 'at', '30 days', p_fuse_share => 1,"
        f" p_action => 'drop_partition', p_partition_first => 'export', {MAPPING})"
    )
    outcome = files.export()
    assert outcome.error is None
    assert files.in_files() >= {21, 22, 23}
    assert files.value("select to_regclass('app.event_b')") is None
    # of the first one what the rule keeps is in its table
    assert files.in_table() >= {1, 2, 3}
    assert files.in_files() | files.in_table() == {1, 2, 3, 11, 12, 13, 21, 22, 23}
    assert not files.in_files() & {1, 2, 3}


def test_what_rules_let_go_is_archived_and_then_taken_to_files(shop: FileLab) -> None:
    said, goes = RULES["mapping"]
    shop.do(
        "select pydb.retention_policy_set('events', 'app.event', 'at', '30 days', p_action => 'archive',"
        f" p_fuse_share => 1, {said})"
    )
    shop.do("call pydb.retention_run('events')")
    run = int(str(shop.value("select max(id) from pydb.job_run where kind = 'retention'")))
    with reuse.borrowed(shop.dsn) as conn, reuse.borrowed(shop.dsn) as reader:
        outcome = carry.export_archived(conn, reader, shop.target, run_id=run)
    assert end(outcome) == ("completed", "exhausted", len(goes))
    assert shop.in_files() == goes
    assert not shop.in_table() & goes


@settings(
    max_examples=max(1, (settings.default.max_examples if settings.default else 0) // 10),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases())
def test_planned_is_in_files_is_gone_under_rules(files: FileLab, case: Case) -> None:
    lab = Retention(files.db)
    build(lab, case)
    lab.do("truncate pydb.archive_manifest cascade")
    shutil.rmtree(files.path)
    files.path.mkdir()
    rules: dict[str, object] = {"keep_floor": case.floor, "action": "export"}
    if case.has_column:
        rules["keep_column"] = "t"
    if case.mapping is not None:
        rules |= {
            "keep_table": 'x."k of € by"',
            "keep_by": ["rows", "part"],
            "keep_key": ["k", "new"],
            "keep_value": "t",
        }
    if case.last is not None:
        rules |= {"keep_last": case.last, "keep_last_by": list(case.groups) or None, "combine": case.combine}
    lab.policy(
        table="x.t", column="wann €", keep=KEEP, time_unit=TYPES[case.kind], filter=case.filter, **rules
    )
    survivors = case.survivors()
    planned = lab.planned()
    with reuse.borrowed(files.dsn) as conn, reuse.borrowed(files.dsn) as reader:
        outcome = export.export(conn, reader, "p", files.target, now=NOW.isoformat(), blocks=1)
    assert outcome.error is None, outcome.error
    assert outcome.run is not None
    assert outcome.run.rows_done == planned == len(case.ages) - len(survivors)
    assert {int(line.split(b"\t")[1]) for line in files.lines()} == set(range(len(case.ages))) - survivors
    assert set(lab.ids("x.t")) == survivors
