-- pydb_internal.column_seen_anew (naming): what column_places found, by today's numbers of the same columns: a restore
-- from a dump has made other tables of them.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.column_seen_anew(p_seen pydb.seen_column[], p_tables oid[])
returns pydb.seen_column[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select case
            when a.attnum is null then p_seen[i.n]
            else row((p_seen[i.n]).place, a.attrelid, a.attname, a.attnum)::pydb.seen_column
        end
        from generate_subscripts(p_seen, 1) as i (n)
        left join pg_attribute as a
            on a.attrelid = p_tables[(p_seen[i.n]).place] and a.attname = (p_seen[i.n]).name and a.attnum > 0
                and not a.attisdropped
                and pydb_internal.column_moved_problem(a.attrelid, p_seen[i.n:i.n]) is null
        order by i.n
    );
end
$$;

comment on function pydb_internal.column_seen_anew(pydb.seen_column[], oid[]) is
'p_seen with new numbers, but of columns that are gone or moved: those stay as they were. p_tables: by place.';

revoke all on function pydb_internal.column_seen_anew(pydb.seen_column[], oid[]) from public;
