-- pydb_internal.orphan_next (scan): whose turn it is: the reference that was looked at the longest ago.
-- reads pydb.orphan_finding   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_next(p_references text[])
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select f.reference
    from pydb.orphan_finding as f
    where f.reference = any(p_references)
    order by f.looked_at nulls first, f.reference
    limit 1;
$$;

comment on function pydb_internal.orphan_next(text[]) is
'Of these references the one that was looked at the longest ago, so that each gets its turn; null if there is none.';

revoke all on function pydb_internal.orphan_next(text[]) from public;
