-- pydb_internal.metric_edges (known): the references by name, and whether the server vouches for them.
-- reads pg_constraint   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_edges()
returns table (reference text, kind text, is_valid boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select format('%I.%I.%I', n.nspname, c.relname, k.conname), 'declared', k.convalidated
    from pg_constraint as k
    inner join pg_class as c on c.oid = k.conrelid
    inner join pg_namespace as n on n.oid = c.relnamespace
    where k.contype = 'f' and k.conparentid = 0;
$$;

comment on function pydb_internal.metric_edges() is
'Foreign keys as pydb.orphan_list names them; is_valid = the server has checked every row.';

revoke all on function pydb_internal.metric_edges() from public;
