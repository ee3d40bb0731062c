-- pydb_internal.guard_differences (guard; by guard_problem): where this database is not the one that
-- pydb was last allowed to delete in.
-- reads pydb.guard_server, what guard_read reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.guard_differences()
returns table (part text, was text, found text)
language sql
stable
security definer -- whoever is to know that it is another one need not read the table
set search_path = pg_catalog, pg_temp
as $$
    select u.part, u.was, u.found
    from pydb.guard_server as g
    cross join lateral pydb_internal.guard_read() as n
    cross join lateral (
        select * from (
            values
            ('system_identifier', g.system_identifier::text, n.system_identifier::text),
            ('database_oid', g.database_oid::text, n.database_oid::text),
            ('timeline', g.timeline::text, n.timeline::text)
        ) as v (part, was, found)
        union all
        select p.key, p.value, n.files ->> p.key
        from jsonb_each_text(g.files) as p
    ) as u (part, was, found)
    where u.was <> u.found;
$$;

comment on function pydb_internal.guard_differences() is
'One row a part that is known of both and differs: system_identifier, database_oid, timeline, port, cluster_name,
data_directory, written; none where nothing has been remembered yet.';

revoke all on function pydb_internal.guard_differences() from public;
