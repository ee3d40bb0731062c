-- pydb_internal.column_moved_problem (naming): whether a name means another column of a table than it did.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.column_moved_problem(
    p_relation oid,
    p_seen pydb.seen_column[],
    p_place integer default null
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_relation is null or cardinality(p_seen) > 0 is not true then
        return null;
    end if;
    return (
        select format('column %I of %s ', u.name, pydb_internal.relation_name(p_relation)) || case
            when w.attname is null then 'is another than it was'
            when w.attisdropped then 'was dropped, and another has its name'
            else format('is called %I by now, and another has its name', w.attname)
        end
        from unnest(p_seen) as u
        inner join pg_attribute as n on n.attrelid = p_relation and n.attname = u.name and n.attnum > 0
            and not n.attisdropped
        left join pg_attribute as w
            on u.relation = p_relation and w.attrelid = p_relation and w.attnum = u.number
        where (p_place is null or u.place = p_place) and case
            when u.relation = p_relation then n.attnum <> u.number
            -- after a restore from a dump it is another table, without the columns that were dropped before: a column
            -- may have a smaller number by then, and no greater one, but where inherited ones came before its own
            else n.attnum > u.number and not exists (
                select from pg_inherits as i
                inner join pg_class as c on c.oid = i.inhrelid and not c.relispartition
                where i.inhrelid = p_relation
            )
        end
        order by u.number
        limit 1
    );
end
$$;

comment on function pydb_internal.column_moved_problem(oid, pydb.seen_column[], integer) is
'What became of the first column whose name another has, since column_places found it, in words; null: of none. That a
column is gone is said by whoever needs it. p_place: of this table alone; null = all are of one.';

revoke all on function pydb_internal.column_moved_problem(oid, pydb.seen_column[], integer) from public;
