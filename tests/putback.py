"""What tests/reuse.py asks a database, and puts back in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_OURS: Final = "n.nspname in ('pydb', 'pydb_internal', 'pydb_archive')"
TABLES: Final = f"""
select format('%I.%I', n.nspname, c.relname)
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where {_OURS} and c.relkind in ('r', 'p') and not c.relispartition
order by 1"""
SEQUENCES: Final = """
select format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value), last_value is not null
from pg_sequences
where schemaname in ('pydb', 'pydb_internal', 'pydb_archive')
order by 1"""
# what nobody puts back. A row that was written since then is newer than a transaction of ours: as many rows,
# and none of them newer, are the same rows
CATALOG: Final = (
    *(
        f"pg_{name}"
        for name in (
            *("attribute", "cast", "class", "collation", "constraint", "default_acl", "event_trigger"),
            *("extension", "foreign_data_wrapper", "language", "largeobject_metadata", "operator", "policy"),
            *("proc", "publication", "rewrite", "trigger", "ts_config", "type", "db_role_setting"),
        )
    ),
    "pg_namespace where nspname not in ('public', 'app', 'shop') and nspname !~ '^pg_(toast_)?temp_'",
    "pg_authid where rolname = 'postgres'",
    "pg_database where datname = current_database()",
)
# where the rows of tables lie that tests make and drop, and those of what they do
GROWING: Final = (
    *(
        f"pg_{name}"
        for name in (
            *("attrdef", "attribute", "class", "constraint", "depend", "description", "index", "inherits"),
            *("proc", "sequence", "shdepend", "statistic", "trigger", "type"),
        )
    ),
    *(f"pydb.{name}" for name in ("audit_log", "job_run", "reference", "retention_policy")),
)
_MARK: Final = "(select array[count(*), count(*) filter (where age(xmin) < age(%(xid)s::xid))] from {})"
# where nobody wrote anything, nobody has to look
_WRITES: Final = (
    "pg_stat_get_tuples_inserted({0}) + pg_stat_get_tuples_updated({0}) + pg_stat_get_tuples_deleted({0})"
)
_DATABASE: Final = "(select oid from pg_database where datname = current_database())"
_COUNTS: Final = (
    # a built-in policy takes part as soon as its table has ever had rows
    "pg_relation_size('pydb.idempotency_key')",
    f"(select count(*) from pg_prepared_xact() where dbid = {_DATABASE})",
    f"(select count(*) from pg_get_replication_slots() where datoid = {_DATABASE})",
)
# these schemas stay, empty: one that comes or goes makes each session plan all its statements anew
GOES: Final = f"""
select
    (
        select count(pg_terminate_backend(s.pid)) from pg_stat_get_activity(null) as s
        where s.datid = {_DATABASE} and s.pid <> pg_backend_pid() and s.pid <> all(%s)
            and s.backend_type <> 'pg_cron launcher'
    ),
    (
        select string_agg(g.statement, '; ')
        from (
            select format(
                'drop %%s if exists %%s cascade',
                case o.type when 'composite type' then 'type' else o.type end,
                o.identity
            )
            from pg_depend as d
            inner join pg_namespace as n on n.oid = d.refobjid and n.nspname in ('public', 'app', 'shop')
            cross join lateral pg_identify_object(d.classid, d.objid, d.objsubid) as o
            where d.refclassid = 'pg_namespace'::regclass
                and o.type in (
                    'aggregate', 'composite type', 'foreign table', 'function', 'materialized view',
                    'procedure', 'sequence', 'table', 'type', 'view'
                )
            union all
            select format('drop table if exists pydb_archive.%%I cascade', c.relname)
            from pg_class as c
            where c.relnamespace = to_regnamespace('pydb_archive') and c.relkind in ('r', 'p')
            union all
            select format('drop publication %%I', p.pubname) from pg_publication as p
        ) as g (statement)
    )"""
_SCHEMAS: Final = """
    array(
        select 'public' where to_regnamespace('public') is null
        union all
        select n.nspname::text from pg_namespace as n
        where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
            and n.nspname not in ('pydb', 'pydb_internal', 'pydb_archive')
            and n.nspname !~ '^pg_(toast_)?temp_'
            and not exists (
                select from pg_depend as d
                where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e'
            )
            and (
                (n.nspname, n.nspowner::regrole::text, coalesce(n.nspacl::text, '')) not in (
                    ('public', 'pg_database_owner',
                        '{pg_database_owner=UC/pg_database_owner,=U/pg_database_owner}'),
                    ('app', 'postgres', ''),
                    ('shop', 'postgres', '')
                )
                or exists (
                    select from pg_depend as d
                    where d.refclassid = 'pg_namespace'::regclass and d.refobjid = n.oid
                        and not pg_describe_object(d.classid, d.objid, d.objsubid) = 'extension pg_cron'
                )
            )
    )"""
PUBLIC: Final = """
do $public$
begin
    if to_regnamespace('public') is null then
        create schema public authorization pg_database_owner;
        grant usage on schema public to public;
        comment on schema public is 'standard public schema';
    end if;
end $public$"""

OUR_XID: Final = "select pg_current_xact_id()::xid::text"

# a session that is there already has not heard of them; 10 is postgres
DEFAULTS: Final = f"""
select exists (select from pg_db_role_setting where setrole = 10 or setdatabase = {_DATABASE})"""


def looks(empty: Iterable[str], filled: Iterable[str], sequences: Iterable[tuple[object, ...]]) -> str:
    """The query of `Shared._look`: of the tables of pydb, those without rows and the others."""
    # to look costs less than to delete none
    written = (f"case when exists (select from {table}) then {literal(table)} end" for table in empty)
    values = ", ".join(f"({literal(str(name))}::regclass, {at}, {called})" for name, at, called in sequences)
    marks, writes = [], []
    for number, name in enumerate((*filled, *CATALOG), 1):
        relation = f"{literal(name.partition(' ')[0])}::regclass"
        writes.append(_WRITES.format(relation))
        marks.append(
            f"case when {writes[-1]} <> (%(writes)s::bigint[])[{number}] then {_MARK.format(name)} end"
        )
    return f"""
select {_SCHEMAS}, array_remove(array[{", ".join(written)}]::text[], null),
    (
        select count(setval(s.sequence, s.at, s.called))
        from (values {values}) as s (sequence, at, called)
        where pg_sequence_last_value(s.sequence) is distinct from case when s.called then s.at end
    ),
    array[{", ".join(writes)}],
    {", ".join([*marks, *_COUNTS])}"""


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
