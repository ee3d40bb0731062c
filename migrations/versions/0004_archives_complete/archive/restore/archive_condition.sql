-- pydb_internal.archive_condition (restore): the SQL condition that chooses the rows of a part in its archive.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_condition(
    p_part pydb_internal.archive_part,
    p_number integer,
    p_alias text default 'a'
)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(nullif(concat_ws(
        ' and ',
        case when (p_part).from_block is not null then format(
            '%1$I.ctid operator(pg_catalog.>=) %2$L::pg_catalog.tid and %1$I.ctid operator(pg_catalog.<) '
            '%3$L::pg_catalog.tid', p_alias, format('(%s,0)', (p_part).from_block), format('(%s,0)', (p_part).to_block)
        ) end,
        case when (p_part).run_id is not null
            then format('%I.pydb_run_id operator(pg_catalog.=) %s::pg_catalog.int8', p_alias, (p_part).run_id) end,
        case when (p_part).tids is not null
            then format('%I.ctid operator(pg_catalog.=) any(($1[%s]).tids)', p_alias, p_number) end,
        case when cardinality((p_part).kept) > 0
            then format('%I.ctid operator(pg_catalog.<>) all(($1[%s]).kept)', p_alias, p_number) end
    ), ''), 'true');
$$;

comment on function pydb_internal.archive_condition(pydb_internal.archive_part, integer, text) is
'Condition over an alias: rows of the run of a part, less those that are kept. $1 is the array of parts, p_number the
place of this one in it.';

revoke all on function pydb_internal.archive_condition(pydb_internal.archive_part, integer, text) from public;
