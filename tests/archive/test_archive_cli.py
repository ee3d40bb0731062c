"""The commands of archives in the database: one document each, and whether all went back as exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.archive.lab import OLD, YOUNG
from tests.cli.conftest import Cli

if TYPE_CHECKING:
    from pathlib import Path

    from tests.archive.lab import Lab

TIME: Final = "2024-06-01T00:00:00Z"  # OLD
TABLES = f"""
create table public.t (id int generated always as identity primary key, at timestamptz);
create table public.child (id int primary key, t_id int references public.t on delete cascade);
create index on public.child (t_id);
insert into public.t (at) select case when i <= 20 then timestamptz '{OLD}' else '{YOUNG}' end
from generate_series(1, 30) as i;
insert into public.child select i, 1 + i % 30 from generate_series(1, 60) as i;
"""


def test_list_show_restore(lab: Lab, dsn: str, tmp_path: Path) -> None:
    lab.do(TABLES)
    lab.archives()
    lab.prune_into_archive()
    run = str(lab.last())
    cli = Cli(dsn, tmp_path)
    listed = cli("archive", "list", "--json").document
    runs, archives = listed["runs"], listed["archives"]
    assert isinstance(runs, list)
    assert isinstance(archives, list)
    assert {(one["relation"], one["rows"]) for one in runs} == {("public.t", 20), ("public.child", 40)}
    assert {one["state"] for one in archives} == {"ok"}
    document = cli("archive", "show", run, "--json").document
    assert document["times"] == [
        {"relation": "public.t", "time_column": "at", "oldest": TIME, "newest": TIME}
    ]
    assert f"public.t, by at: from {TIME[:10]}" in cli("archive", "show", run).out
    shown = document["restore"]
    assert isinstance(shown, list)
    assert [(one["relation"], one["restored"]) for one in shown] == [("public.t", 20), ("public.child", 40)]
    # asked, nobody answers; told, it does
    assert cli("archive", "restore", run).code == 64
    one = cli("archive", "restore", run, "--key", "id=7", "--yes", "--json")
    assert (one.code, len(lab.ids())) == (0, 11)
    lab.do(f"insert into public.t overriding system value values (8, '{OLD}')")
    stopped = cli("archive", "restore", run, "--yes", "--json")
    assert (stopped.code, stopped.error["sqlstate"], len(lab.ids())) == (1, "YD605", 12)
    rest = cli("archive", "restore", run, "--skip", "--batch", "5", "--yes", "--json")
    assert rest.code == 1
    relations = rest.document["relations"]
    assert isinstance(relations, list)
    assert {one["relation"]: (one["restored"], one["conflicts"]) for one in relations} == {
        "public.t": (18, 1),
        "public.child": (38, 0),
    }
    assert len(lab.ids()) == 30
    text = cli("archive", "show", run)
    assert text.code == 0
    assert "key_exists" in text.out
    assert cli("archive", "show", "4711").code == 64


def test_keep_and_purge(lab: Lab, dsn: str, tmp_path: Path) -> None:
    lab.do(TABLES)
    lab.archives()
    lab.prune_into_archive()
    cli = Cli(dsn, tmp_path)
    assert cli("archive", "keep", "public.t", "2 days").code == 0
    assert cli("archive", "keep", "public.t", "2 minutes").code == 64
    lab.do("update pydb.archive_run set last_at = last_at - interval '3 days'")
    assert cli("archive", "purge").code == 0
    assert (lab.archived(), lab.archived("public.child")) == (0, 40)
    assert cli("archive", "keep", "public.t", "default").code == 0
    assert lab.rows("select keep from pydb.archive_table where keep is not null") == []


def test_cascades_keep_what_they_take(lab: Lab, dsn: str, tmp_path: Path) -> None:
    lab.do(TABLES)
    cli = Cli(dsn, tmp_path)
    assert cli("entity", "set", "thing", "public.t", "--archive").code == 0
    planned = cli("cascade", "plan", "thing", "1", "--json").document["steps"]
    assert isinstance(planned, list)
    assert any("archived" in step["codes"] for step in planned)
    assert cli("cascade", "delete", "thing", "1", "--yes").code == 0
    assert (lab.archived(), lab.archived("public.child")) == (1, 2)
    assert cli("cascade", "delete", "thing", "2", "--no-archive", "--yes").code == 0
    assert lab.archived() == 1
    assert cli("archive", "restore", str(lab.last()), "--yes").code == 0
    assert len(lab.ids()) == 29


def test_what_was_dropped_is_written_off(lab: Lab, dsn: str, tmp_path: Path) -> None:
    lab.do(TABLES)
    lab.archives()
    lab.prune_into_archive()
    cli = Cli(dsn, tmp_path)
    words = ("archive", "write-off", "public.t", "--reason", "ticket 12")
    assert cli(*words, "--yes", "--json").error["sqlstate"] == "YD604"  # nothing of it is lost
    lab.do("drop table pydb_archive.public__t")
    assert cli(*words).code == 64  # nobody is there to say yes
    tried = cli(*words, "--dry-run", "--json").document
    assert (tried["rows"], tried["dry_run"]) == (20, True)
    done = cli(*words, "--yes")
    assert (done.code, done.out) == (0, "20 archived rows of public.t are written off\n")
    assert cli(*words, "--yes", "--json").error["sqlstate"] == "YD604"
