-- pydb_internal.column_moved_problem (naming): whether a name means another column of a table than it did.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.column_moved_problem(p_relation oid, p_places jsonb)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_relation is null or p_places is null then
        return null;
    end if;
    return (
        select format('column %I of %s ', u.name, pydb_internal.relation_name(p_relation)) || case
            when w.attname is null then 'is another than it was'
            when w.attisdropped then 'was dropped, and another has its name'
            else format('is called %I by now, and another has its name', w.attname)
        end
        from jsonb_each_text(p_places -> 'columns') as u (name, number)
        inner join pg_attribute as n on n.attrelid = p_relation and n.attname = u.name::name and n.attnum > 0
            and not n.attisdropped
        -- after a restore from a dump it is another table, without the columns that were dropped before: a column may
        -- have a smaller number by then, and no greater one
        cross join lateral (select (p_places ->> 'relation')::oid = p_relation as is_known) as k
        left join pg_attribute as w on k.is_known and w.attrelid = p_relation and w.attnum = u.number::smallint
        where case when k.is_known then n.attnum <> u.number::smallint else n.attnum > u.number::smallint end
        order by u.number::smallint
        limit 1
    );
end
$$;

comment on function pydb_internal.column_moved_problem(oid, jsonb) is
'What became of the first column whose name another has, since column_places found it, in words; null: of none. That a
column is gone is said by whoever needs it.';

revoke all on function pydb_internal.column_moved_problem(oid, jsonb) from public;
