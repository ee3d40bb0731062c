-- pydb_internal.hold_see (place; by hold_vet): which columns a hold is about, whatever these are called later.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_see(p_hold pydb.hold, p_relations oid[])
returns pydb.hold
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    p_hold.tables_seen := p_relations::regclass[];
    p_hold.columns_seen := array(
        select s
        from unnest(p_relations) with ordinality as u (relation, ord)
        cross join lateral unnest(pydb_internal.column_places(
            u.relation, p_hold.key_columns || pydb_internal.filter_columns(u.relation, p_hold.filter), u.ord::integer
        )) as s
        order by u.ord, s.number
    );
    return p_hold;
end
$$;

comment on function pydb_internal.hold_see(pydb.hold, oid[]) is
'The hold with tables_seen and columns_seen.';

revoke all on function pydb_internal.hold_see(pydb.hold, oid[]) from public;
