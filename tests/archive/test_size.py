"""How large archives are, what the next purge takes, and that there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.conftest import Cli
from tests.retention.lab import OLD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archive.lab import Lab

FOUND = "select status, reason_code from pydb.doctor() where component = 'archive' order by 2"
SCHEDULE = "select schedule from pydb.schedule_source where procedure = 'archive_purge'"


def filled(lab: Lab, name: str = "t", rows: int = 10, text: str = "x") -> None:
    lab.do(
        f"""create table public.{name} (id int primary key, at timestamptz, body text);
        insert into public.{name}
        select i, '{OLD}', repeat('{text}', 100) from generate_series(1, {rows}) as i"""
    )
    lab.policy(f"p_{name}", f"public.{name}", action="archive")


def test_the_first_archive_has_its_purge_done_every_night(lab: Lab) -> None:
    assert lab.one(SCHEDULE) is None
    filled(lab)
    assert lab.one(SCHEDULE) == "40 4 * * *"
    assert lab.rows("select kind, schedule from pydb.schedule_status where kind = 'archive'") == [
        ("archive", "40 4 * * *")
    ]
    # who has it done otherwise, or not at all, is not asked again
    lab.do("select pydb.schedule_set('archive_purge', null)")
    lab.do("drop table pydb_archive.public__t")
    lab.do("delete from pydb.archive_table")
    filled(lab, "u")
    assert lab.one(SCHEDULE) is None


def test_doctor_says_how_much_there_is_and_what_nobody_purges(lab: Lab, dsn: str, tmp_path: Path) -> None:
    assert lab.rows(FOUND) == []
    filled(lab)
    lab.call("p_t")
    assert lab.rows(FOUND) == [("ok", "kept")]
    archives = Cli(dsn, tmp_path)("--json", "archive", "list").document["archives"]
    assert isinstance(archives, list)
    assert [(one["rows"], one["due"], one["bytes"] > 0) for one in archives] == [(10, 0, True)]
    lab.do("select pydb.schedule_set('archive_purge', null)")
    assert lab.rows(FOUND) == [("ok", "kept"), ("degraded", "not_scheduled")]
    lab.do("call pydb.archive_purge()")  # whoever has it done
    assert lab.rows(FOUND) == [("ok", "kept")]
    lab.do("update pydb.archive_run set last_at = now() - interval '364 days 12 hours'")
    assert lab.rows("select state, due from pydb.archive_status") == [("ok", 10)]
    lab.do("update pydb.archive_run set last_at = now() - interval '400 days'")
    assert lab.rows(FOUND) == [("ok", "kept"), ("degraded", "not_purged")]
    lab.do("drop table pydb_archive.public__t")
    assert lab.rows(FOUND) == [("error", "archive_gone"), ("ok", "kept")]


def test_doctor_knows_archives_that_outgrow_their_table_for_ever(lab: Lab) -> None:
    filled(lab, rows=80_000, text="xy")
    lab.do("select pydb.setting_set('archive_keep', null)")
    lab.call("p_t")
    lab.do("vacuum full public.t")
    assert lab.rows(FOUND) == [("ok", "kept"), ("degraded", "kept_for_ever")]
    lab.do("select pydb.archive_keep_set('public.t', '1 year')")
    assert lab.rows(FOUND) == [("ok", "kept")]
