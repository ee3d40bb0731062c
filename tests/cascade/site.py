"""A database with a shop in it, the cascade routines as short calls, and jobs run to their end."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from psycopg.rows import dict_row

from tests.faults.lab import Background, Lab

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.conftest import Connection
    from tests.faults.lab import Gate

    Keys = Sequence[Mapping[str, object]] | Mapping[str, object]
    Edges = Mapping[str, str]

# a customer with sales (declared, cascade), lines of sales (declared, no action) and logs (logical, cascade)
SHOP: Final = """
create schema if not exists shop;
create table shop.customer (id int primary key);
create table shop.sale (id int primary key, customer int not null references shop.customer on delete cascade);
create table shop.line (id int primary key, sale int not null references shop.sale);
create table shop.log (id int primary key, customer int);
create index on shop.sale (customer);
create index on shop.line (sale);
create index on shop.log (customer);
insert into shop.customer values (1), (2), (3);
insert into shop.sale select i, case when i <= {0} then 1 else 2 end from generate_series(1, {0} + 3) as i;
insert into shop.line select i, (i + 1) / 2 from generate_series(1, 2 * ({0} + 3)) as i;
insert into shop.log select i, case when i <= {0} then 1 else 2 end from generate_series(1, {0} + 3) as i;
analyze shop.customer, shop.sale, shop.line, shop.log;
select pydb.reference_set('shop.log', '{{customer}}', 'shop.customer', '{{id}}', 'cascade');
"""
TAKE: Final = {"*": "delete"}
ONE: Final = {"id": 1}
CUSTOMER: Final = "shop.customer"


@dataclass(frozen=True)
class Step:
    """One row of a plan or a delete."""

    step: int
    depth: int
    relation: str
    via: str | None
    action: str
    rows: int | None
    indexed: bool | None
    warning: str | None
    parent: str | None
    kind: str
    on_delete: str | None
    matched: int | None
    cure: str | None
    order_dependent: bool
    done: int | None
    codes: list[str] = field(hash=False)


class Site(Lab):
    """A lab whose statements are cascades."""

    @classmethod
    def again(cls, dsn: str) -> Site:
        """A site in a database that is one already, once its server is back."""
        made = cls.__new__(cls)
        made.dsn, made._opened = dsn, []
        made._expired, made._rows = {}, {}
        made.db = made.session()
        return made

    def do(self, script: str) -> None:
        """Execute statements without parameters."""
        self.db.execute(script.encode())

    def value(self, query: str, *args: object) -> object:
        """The first value of a query's first row; without arguments % means itself."""
        row = self.db.execute(query.encode(), args or None).fetchone()
        return row[0] if row else None

    def shop(self, sales: int = 2) -> None:
        """Customer 1 has `sales` sales with two lines each and as many logs; customer 2 has three sales."""
        self.do(SHOP.format(sales))

    def partitioned(self, leaves: int, rows: int) -> None:
        """Entries of customer 1, `rows` in each of `leaves` partitions, and one of customer 2 in each."""
        self.do(
            f"""create table shop.entry (id int, customer int references shop.customer on delete cascade)
                partition by range (id);
            create index on shop.entry (customer);
            do $$ begin for i in 0..{leaves - 1} loop
                execute format(
                    'create table shop.entry_%s partition of shop.entry for values from (%s) to (%s)',
                    i, i * {rows + 1}, (i + 1) * {rows + 1}
                );
            end loop; end $$;
            insert into shop.entry
            select i, case when i % {rows + 1} = 0 then 2 else 1 end
            from generate_series(0, {leaves * (rows + 1) - 1}) as i;
            analyze shop.entry"""
        )

    def counts(self) -> tuple[object, ...]:
        """Rows of customer, sale, line and log."""
        return tuple(
            self.value(f"select count(*) from shop.{t}") for t in ("customer", "sale", "line", "log")
        )

    @contextlib.contextmanager
    def gate_on(self, table: str, row: int, *, when: str = "after") -> Iterator[Gate]:
        """Stop whoever deletes the row with that id until the gate is opened; a job is not tried before."""
        self.setting("cascade_trial_rows", "0")
        self.do(
            f"create trigger gate {when} delete on {table} for each row when (old.id = {row})"
            " execute function app.gate()"
        )
        with self.holding() as gate:
            yield gate

    def counts_of(self, *tables: str) -> object:
        """Rows of some tables; of one, its number."""
        found = [self.value(f"select count(*) from {table}") for table in tables]
        return found[0] if len(found) == 1 else found

    def _call(
        self,
        routine: str,
        root: str | None,
        keys: Keys,
        edges: Edges | None,
        session: Connection | None,
        **more: object,
    ) -> list[Step]:
        arguments: dict[str, object] = {
            "p_root": root,
            "p_keys": json.dumps(keys),
            "p_edges": None if edges is None else json.dumps(edges),
            **{f"p_{name}": value for name, value in more.items()},
        }
        named = ", ".join(f"{name} => %({name})s" for name in arguments).replace(
            "%(p_root)s", "%(p_root)s::text::regclass"
        )
        columns = ", ".join(Step.__dataclass_fields__)
        with (session or self.db).cursor(row_factory=dict_row) as cursor:
            cursor.execute(f"select {columns} from pydb.{routine}({named})".encode(), arguments)
            return [Step(**row) for row in cursor.fetchall()]

    def plan(
        self,
        root: str | None,
        keys: Keys,
        edges: Edges | None = None,
        session: Connection | None = None,
        **more: object,
    ) -> list[Step]:
        return self._call("cascade_plan", root, keys, edges, session, **more)

    def delete(
        self,
        root: str | None,
        keys: Keys,
        edges: Edges | None = None,
        session: Connection | None = None,
        **more: object,
    ) -> list[Step]:
        return self._call("cascade_delete", root, keys, edges, session, **more)

    def start_delete(
        self, root: str, keys: Keys, edges: Edges | None = None, session: Connection | None = None
    ) -> Background:
        """Start a delete in the background."""
        return Background(
            session or self.session(),
            "select pydb.cascade_delete(%s::text::regclass, %s, %s)",
            root,
            json.dumps(keys),
            None if edges is None else json.dumps(edges),
        )

    def request(
        self,
        root: str | None = CUSTOMER,
        keys: Keys = ONE,
        edges: Edges | None = TAKE,
        session: Connection | None = None,
        **more: object,
    ) -> int:
        """Request a job; returns its id."""
        arguments: dict[str, object] = {
            "p_keys": json.dumps(keys),
            "p_edges": None if edges is None else json.dumps(edges),
            **{f"p_{name}": value for name, value in more.items()},
        }
        named = ", ".join(f"{name} => %({name})s" for name in arguments)
        arguments["root"] = root
        row = (
            (session or self.db)
            .execute(
                f"select (pydb.cascade_request(%(root)s::text::regclass, {named})).id".encode(), arguments
            )
            .fetchone()
        )
        assert row is not None
        assert isinstance(row[0], int)
        return row[0]

    def start_job(
        self, job: int | None = None, session: Connection | None = None, **more: object
    ) -> Background:
        """Start cascade_run in the background."""
        named = "".join(f", p_{name} => %s" for name in more)
        return Background(
            session or self.session(),
            f"call pydb.cascade_run(%s{named})",
            job,
            *more.values(),
        )

    def run_job(
        self, job: int | None = None, session: Connection | None = None, **more: object
    ) -> Background:
        """Run cascade_run to its end, whichever."""
        run = self.start_job(job, session, **more)
        run.ended()
        return run

    def job(self, job: int) -> dict[str, Any]:
        """The row of a job."""
        with self.db.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute("select * from pydb.cascade_job where id = %s", (job,)).fetchone()
        assert row is not None
        return row

    def ends(self, job: int) -> list[tuple[str, str | None]]:
        """State and stop reason of each run of a job, oldest first."""
        return [(run.state, run.stop_reason) for run in self.runs(f"job {job}")]

    def settled(self, job: int, relations: Mapping[str, int]) -> None:
        """The job is completed, and its proof and the log say exactly what went."""
        row = self.job(job)
        total = sum(relations.values())
        assert (row["state"], row["rows_done"], row["relations"]) == ("completed", total, dict(relations))
        assert (row["proof"]["rows"], row["proof"]["relations"]) == (total, dict(relations))
        assert row["proof"]["remaining"] == 0
        assert sum(run.rows_done for run in self.runs(f"job {job}")) == total

    def content(self, table: str) -> list[tuple[object, ...]]:
        """All rows of a table in the order of their first column."""
        return self.db.execute(f"select * from {table} order by 1".encode()).fetchall()


def by_via(steps: Sequence[Step]) -> dict[str | None, Step]:
    """Steps by their reference; the root is None."""
    return {step.via: step for step in steps}


def only(steps: Sequence[Step], via: str | None) -> Step:
    """The step of one reference."""
    return by_via(steps)[via]
