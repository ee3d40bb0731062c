-- pydb_internal.orphan_scan_order (scan): the order in which references take turns: the one that was looked at the
-- longest ago first.
-- reads pydb.orphan_finding   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_scan_order(p_references text[])
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select array(
        select f.reference
        from pydb.orphan_finding as f
        where f.reference = any(p_references)
        order by f.looked_at nulls first, f.reference
    );
$$;

comment on function pydb_internal.orphan_scan_order(text[]) is
'These references, the one that was looked at the longest ago first, so that each gets its turn.';

revoke all on function pydb_internal.orphan_scan_order(text[]) from public;
