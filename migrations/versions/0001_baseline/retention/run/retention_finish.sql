-- pydb_internal.retention_finish (run): what to do when a walk has no segments left: another pass, or the end and its
-- reason.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_finish(p_walk jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_done bigint := (p_walk ->> 'done')::bigint;
    v_again jsonb;
begin
    -- rows of one table that reference each other go leaves first, one level a pass
    select jsonb_agg(u.segment order by u.ord) into v_again
    from jsonb_array_elements(p_walk -> 'all') with ordinality as u (segment, ord)
    where (u.segment ->> 'again')::boolean;
    if v_again is not null and (p_walk ->> 'pass_done')::bigint > 0 and v_done < (p_walk ->> 'due')::bigint then
        return p_walk || jsonb_build_object('segments', v_again, 'pass_done', 0, 'later', '[]'::jsonb);
    elsif p_walk -> 'later' <> '[]' then
        -- what was locked on the way gets its second chance; to skip rows takes the right to lock them
        return p_walk || jsonb_build_object(
            'segments', p_walk -> 'later', 'later', '[]'::jsonb, 'last_pass', true, 'pass_done', 0,
            'mode', (
                select case when bool_and(has_table_privilege((u.segment ->> 'relation')::oid, 'UPDATE'))
                    then 'skip' else 'rows' end
                from jsonb_array_elements(p_walk -> 'later') as u (segment)
            )
        );
    end if;
    return p_walk || jsonb_build_object('skipped', s.skipped) || case
        when (p_walk ->> 'locked')::bigint > 0 then '{"state": "partial", "reason": "locked"}'::jsonb
        when (p_walk ->> 'kept')::bigint > 0 then '{"state": "partial", "reason": "no_progress"}'::jsonb
        when s.skipped > 0 then '{"state": "partial", "reason": "referenced"}'::jsonb
        else '{"state": "completed", "reason": "exhausted"}'::jsonb
    end
    from (
        select sum((p_walk ->> u.key)::bigint)::bigint as skipped
        from unnest(array['locked', 'kept', 'refused', 'blocked']) as u (key)
    ) as s;
end
$$;

comment on function pydb_internal.retention_finish(jsonb) is
'Gives a walk without segments its next pass (rows that reference each other, rows that were locked), or its state,
reason and count of rows skipped.';

revoke all on function pydb_internal.retention_finish(jsonb) from public;
