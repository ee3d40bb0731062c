-- pydb_internal.hold_source (condition): the rows of a table as SQL text for FROM: those that meet a condition, and
-- those of its archive beside its own.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_source(p_graph pydb_internal.hold_graph, p_relation oid, p_filter text)
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select case
            when s.store is null then pydb_internal.reference_source(
                pydb_internal.relation_source(p_relation), array(
                    select a.attname from pg_attribute as a
                    where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped
                ), p_filter
            )
            else (
                select format(
                    '(select s.* from (select %1$s from %2$s as s union all select %1$s from %3$s as s) as s%4$s)',
                    string_agg(format('s.%I', a.attname), ', ' order by a.attnum),
                    pydb_internal.relation_source(p_relation), s.store, ' where (' || p_filter || ')'
                )
                from pg_attribute as a
                where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped and exists (
                    select from pg_attribute as k where k.attrelid = s.store and k.attname = a.attname
                )
            )
        end
        from (select to_regclass(p_graph.stores ->> pydb_internal.hold_top(p_relation)::text) as store) as s
    );
end
$$;

comment on function pydb_internal.hold_source(pydb_internal.hold_graph, oid, text) is
'What to select the rows of a table from.';

revoke all on function pydb_internal.hold_source(pydb_internal.hold_graph, oid, text) from public;
