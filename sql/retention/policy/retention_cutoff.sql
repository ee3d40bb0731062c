-- pydb_internal.retention_cutoff (policy): the moment before which rows expire: what keep says, and no later than the
-- watermark of the policy.
-- reads the watermark   writes nothing   locks nothing above a select
-- raises YD105 YD119
create or replace function pydb_internal.retention_cutoff(p_policy pydb.retention_policy, p_now timestamptz)
returns timestamptz
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_cutoff constant timestamptz := pydb_internal.retention_keep_cutoff(p_policy, p_now);
    v_mark record;
begin
    if num_nonnulls(p_policy.watermark_table, p_policy.watermark_function) = 0 then
        return v_cutoff;
    end if;
    v_mark := pydb_internal.retention_watermark(p_policy);
    if v_mark.problem is not null then
        raise exception using errcode = 'YD119',
            message = format('blocked by the watermark: %s', v_mark.problem),
            detail = format('Policy %s deletes nothing before it tells up to when rows may go.', p_policy.name),
            hint = v_mark.hint;
    end if;
    return least(v_cutoff, v_mark.at);
end
$$;

comment on function pydb_internal.retention_cutoff(pydb.retention_policy, timestamptz) is
'The lesser of retention_keep_cutoff and the watermark; a watermark that cannot be had, or that cannot be meant, raises
YD119.';

revoke all on function pydb_internal.retention_cutoff(pydb.retention_policy, timestamptz) from public;
