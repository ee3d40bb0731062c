-- pydb._retention_hydrate: the segments of a cursor with conditions made anew: a cursor carries places, never SQL.
-- reads the catalog   writes nothing   locks nothing
-- raises YD001
create or replace function pydb._retention_hydrate(p_policy pydb.retention_policy, p_walk jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_segments jsonb;
begin
    if exists (
        select 1 from jsonb_array_elements(p_walk -> 'segments') as u (segment)
        where u.segment ->> 'strategy' not in ('heap', 'index') or not exists (
            select 1 from pydb._retention_leaves(p_policy.target) as l
            where l.relation::bigint = (u.segment ->> 'relation')::bigint
        )
    ) then
        raise exception using errcode = 'YD001', message = 'p_cursor is not a cursor of this policy',
            detail = 'It names a relation or a strategy that the policy does not have.',
            hint = 'Pass the cursor as the last call returned it, or null to begin.';
    end if;
    select coalesce(jsonb_agg(
        u.segment || jsonb_build_object(
            'condition', pydb._retention_deletable(
                p_policy, (u.segment ->> 'relation')::oid, (p_walk ->> 'cutoff')::timestamptz
            ),
            'signature', pydb._retention_signature((u.segment ->> 'relation')::oid)
        ) order by u.ord
    ), '[]') into v_segments
    from jsonb_array_elements(p_walk -> 'segments') with ordinality as u (segment, ord);
    return v_segments;
end
$$;

comment on function pydb._retention_hydrate(pydb.retention_policy, jsonb) is
'Segments of a cursor, condition and signature made anew from the policy and the catalog; YD001 for a strange cursor.';

revoke all on function pydb._retention_hydrate(pydb.retention_policy, jsonb) from public;
