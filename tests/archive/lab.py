"""A workbench for archive tests: what is in tables and archives, and what restores say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from psycopg import sql
from psycopg.rows import dict_row

from tests.retention import lab

if TYPE_CHECKING:
    from collections.abc import Mapping

OLD: Final = lab.OLD
YOUNG: Final = lab.YOUNG
refused = lab.refused


@dataclass(frozen=True)
class Step:
    """One row of ``pydb.archive_restore``."""

    relation: str
    rows: int
    restored: int
    conflicts: int
    codes: list[str]
    found: list[Mapping[str, object]]


class Lab(lab.Lab):
    """One database and the calls that tests make in it."""

    def bytes(self, table: str = "public.t", key: str = "id") -> bytes:
        """Every row of a table as the server itself writes it, byte for byte, in the order of its key."""
        copy = f"copy (select * from {table} order by {key}) to stdout (format binary)"
        with self.db.cursor() as cursor, cursor.copy(copy.encode()) as stream:
            return b"".join(bytes(part) for part in stream)

    def archives(self, table: str = "public.t", **more: object) -> None:
        """Set the policy p of a table: what expires is archived."""
        self.policy("p", table, action="archive", **more)

    def prune_into_archive(self) -> int:
        """Run p and hold the law: rows planned = rows done = rows archived; none is gone."""
        before = self._rows()
        planned = self.planned()
        call = self.call()
        assert call.sqlstate is None, call
        assert (call.run.end, call.run.rows_done) == (("completed", "exhausted"), planned)
        assert self._rows() == before  # archives are tables too
        assert planned == self.number(
            "select coalesce(sum(rows), 0)::bigint from pydb.archive_run where run_id = %s", call.run.id
        )
        return planned

    def archived(self, table: str = "public.t") -> int:
        """Rows in the archive of a table, as they can be counted there."""
        name = self.one(
            "select archive::text from pydb.archive_table where source = %s::regclass",
            table,
        )
        return self.number(f"select count(*) from {name}")

    def books(self) -> list[tuple[str, int, int, int]]:
        """What the books say of each run and table: relation, rows, restored, purged."""
        return [
            (name, rows, restored, purged)
            for name, rows, restored, purged in self.rows(
                "select source_name, rows, restored, purged from pydb.archive_run"
                " order by run_id, source_name"
            )
        ]

    def last(self) -> int:
        """The last run that archived something."""
        return self.number("select max(run_id) from pydb.archive_run")

    def restore(self, run_id: int | None = None, **more: object) -> dict[str, Step]:
        """``archive_restore`` of a run, or of the last one."""
        arguments: dict[str, object] = {"p_run_id": self.last() if run_id is None else run_id}
        arguments.update({f"p_{key}": value for key, value in more.items()})
        call = sql.SQL("select * from pydb.archive_restore({})").format(
            sql.SQL(", ").join(
                sql.SQL("{} => {}").format(sql.SQL(key), sql.Literal(value))
                for key, value in arguments.items()
            )
        )
        with self.db.cursor(row_factory=dict_row) as cursor:
            return {row["relation"]: Step(**row) for row in cursor.execute(call).fetchall()}

    def erase(self, root: str, keys: str, **more: object) -> int:
        """``cascade_delete`` of everything below some rows, into archives: the run."""
        arguments = sql.SQL("").join(
            sql.SQL(", {} => {}").format(sql.SQL(f"p_{key}"), sql.Literal(value))
            for key, value in {"edges": '{"*": "delete"}', "archive": True, **more}.items()
        )
        call = sql.SQL("select count(*) from pydb.cascade_delete({}, {}{})")
        self.db.execute(call.format(sql.Literal(root), sql.Literal(keys), arguments))
        return self.number("select max(id) from pydb.job_run")
