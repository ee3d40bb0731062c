-- pydb_internal.retention_check_keep (policy; by retention_policy_vet): refuse a keep that would delete what is young.
-- reads pydb.setting   writes nothing   locks nothing
-- raises YD001 YD101
create or replace function pydb_internal.retention_check_keep(p_policy pydb.retention_policy, p_allow_short boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_floor interval := pydb_internal.setting_get(p_name => 'min_keep')::interval;
    v_problem text;
begin
    -- the view reads every file of a zone
    if p_policy.timezone is distinct from 'UTC'
        and not exists (select 1 from pg_timezone_names as z where z.name = p_policy.timezone)
    then
        raise exception using errcode = 'YD001', message = format('%L is not a time zone', p_policy.timezone),
            detail = 'p_timezone takes the full name of a zone.', hint = 'select name from pg_timezone_names;';
    end if;
    v_problem := case
        when p_policy.keep is null then 'it is null'
        when p_policy.keep < interval '0' then 'it is negative'
        -- from 17 on an interval can be infinite; it compares as longer than any other
        when p_policy.keep > interval '5000 years' then 'it is longer than 5000 years'
        when p_policy.expiry then null
        when p_policy.keep = interval '0' then 'it is zero, and the column is not said to hold the expiry of its row'
        when p_policy.keep < v_floor and not p_allow_short then format('it is shorter than min_keep, %s', v_floor)
    end;
    -- months and days of opposite signs can make a keep that looks positive and is not
    if v_problem is null and pydb_internal.retention_keep_cutoff(
        pydb_internal.retention_unruled(p_policy), clock_timestamp()
    ) is null then
        v_problem := 'it gives no cutoff';
    end if;
    if v_problem is not null then
        raise exception using errcode = 'YD101',
            message = format('keep %s is refused', coalesce(p_policy.keep::text, 'null')),
            detail = format('Policy %s: %s.', p_policy.name, v_problem),
            hint = 'Give a positive interval such as ''30 days''; p_expiry => true for a column of expiry times; '
            'p_allow_short => true to go below min_keep.';
    end if;
end
$$;

comment on function pydb_internal.retention_check_keep(pydb.retention_policy, boolean) is
'Raises YD101 for a keep that is null, negative, zero or below the setting min_keep, YD001 for an unknown time zone.';

revoke all on function pydb_internal.retention_check_keep(pydb.retention_policy, boolean) from public;
