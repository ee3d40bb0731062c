-- pydb_internal.column_moved_problem (naming; by hold_moved_problem): whether a name means another column of a table than it did.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.column_moved_problem(p_relation oid, p_places jsonb)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select format('column %I of %s ', u.name, pydb_internal.relation_name(p_relation)) || case
            when n.attname is null and w.attname is null then 'is gone'
            when w.attisdropped then 'was dropped, and another has its name'
            when w.attname is null then 'is another than it was'
            else format('is called %I by now', w.attname)
                || case when n.attname is not null then ', and another has its name' else '' end
        end
        from jsonb_each_text(p_places -> 'columns') as u (name, number)
        -- after a restore from a dump it is another table, without the columns that were dropped before: a column may
        -- have a smaller number by then, and no greater one
        cross join lateral (select (p_places ->> 'relation')::oid = p_relation as is_known) as k
        left join pg_attribute as n on n.attrelid = p_relation and n.attname = u.name::name and n.attnum > 0
            and not n.attisdropped
        left join pg_attribute as w on k.is_known and w.attrelid = p_relation and w.attnum = u.number::smallint
        where exists (select from pg_class as c where c.oid = p_relation)
            and case when k.is_known then n.attnum is distinct from u.number::smallint
                else coalesce(n.attnum > u.number::smallint, true) end
        order by u.number::smallint
        limit 1
    );
end
$$;

comment on function pydb_internal.column_moved_problem(oid, jsonb) is
'What became of the first column that is no longer where column_places found it, in words; null: none, or the table is
gone.';

revoke all on function pydb_internal.column_moved_problem(oid, jsonb) from public;
