-- pydb_internal.retention_last_order (last): what makes one row newer than another: its time, its primary key.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_last_order(p_policy pydb.retention_policy)
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select quote_ident(p_policy.time_column) || array(
        select quote_ident(u.name)
        from unnest(pydb_internal.retention_last_key(p_policy.target)) with ordinality as u (name, ord)
        order by u.ord
    ) || case
        -- heirs of a table have keys of their own
        when (select c.relkind = 'r' and c.relhassubclass from pg_class as c where c.oid = p_policy.target)
            then array['tableoid', 'ctid']
        else '{}'
    end;
$$;

comment on function pydb_internal.retention_last_order(pydb.retention_policy) is
'Columns, quoted, by which the rows of a group are ordered; the greater is the newer.';

revoke all on function pydb_internal.retention_last_order(pydb.retention_policy) from public;
