-- pydb_internal.retention_watermark_warnings (watermark; by retention_plan): that the watermark of a policy keeps rows
-- which its keep alone would let go.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_watermark_warnings(
    p_policy pydb.retention_policy,
    p_now timestamptz,
    p_cutoff timestamptz
)
returns pydb_internal.retention_warning[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_keep constant timestamptz := pydb_internal.retention_keep_cutoff(p_policy, p_now);
begin
    if p_cutoff >= v_keep then
        return '{}'::pydb_internal.retention_warning[];
    end if;
    return array[row('watermark', format(
        'the watermark holds: rows from %s to %s are older than keep and stay until %s moves on', p_cutoff, v_keep,
        (pydb_internal.retention_watermark_place(p_policy)).place
    ))::pydb_internal.retention_warning];
end
$$;

comment on function pydb_internal.retention_watermark_warnings(pydb.retention_policy, timestamptz, timestamptz) is
'Warning of a plan (watermark) where p_cutoff is less than keep alone would make it.';

revoke all on function pydb_internal.retention_watermark_warnings(pydb.retention_policy, timestamptz, timestamptz)
    from public;
