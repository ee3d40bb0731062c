-- pydb_internal.retention_keep_cutoff (policy): the moment before which rows are older than keep, by the policy's own
-- time zone.
-- reads settings   writes nothing   locks nothing
-- raises YD105
create or replace function pydb_internal.retention_keep_cutoff(p_policy pydb.retention_policy, p_now timestamptz)
returns timestamptz
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_cutoff constant timestamptz := pydb_internal.retention_cut(case
        -- a rule may give a row less than the policy's keep, down to the floor
        when num_nonnulls(p_policy.keep_column, p_policy.keep_table) > 0 or p_policy.combine = 'or'
            then pydb_internal.retention_floor(p_policy)
        else p_policy.keep
    end, p_now, p_policy.timezone);
begin
    if v_cutoff > clock_timestamp() then
        raise exception using errcode = 'YD105',
            message = format('policy %s: the cutoff is in the future', p_policy.name),
            detail = format('Now is taken as %s, keep is %s.', p_now, p_policy.keep),
            hint = 'Pass a p_now whose cutoff is not ahead of the server''s clock, or check that clock: select now();';
    end if;
    return v_cutoff;
end
$$;

comment on function pydb_internal.retention_keep_cutoff(pydb.retention_policy, timestamptz) is
'p_now minus keep (where rules may give a row less: minus their floor), months and days subtracted in the policy''s
time zone, hours in real time; a cutoff ahead of the clock raises YD105.';

revoke all on function pydb_internal.retention_keep_cutoff(pydb.retention_policy, timestamptz) from public;
