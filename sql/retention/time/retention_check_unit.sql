-- pydb_internal.retention_check_unit (time; by retention_policy_vet): refuse a declared unit that makes nonsense of
-- the rows that are there.
-- reads the first rows of the target   writes nothing   locks nothing above a select
-- raises YD102
create or replace function pydb_internal.retention_check_unit(p_policy pydb.retention_policy, p_now timestamptz)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_column constant text := format('t.%I', p_policy.time_column);
    v_odd bigint;
    v_seen bigint;
    v_say record;
begin
    if p_policy.expire_implausible or pydb_internal.retention_ticks(p_policy.time_unit) is null then
        return;
    end if;
    -- as if everything had expired that is not over a year ahead
    v_say := pydb_internal.retention_expiry(
        jsonb_populate_record(p_policy, '{"expire_minus_infinity": false}'), p_now + interval '400 days', 't'
    );
    execute format(
        'select count(*) filter (where not (%1$s) and not (%4$s)), count(*)
        from (select %2$s from %3$s as t where %2$s is not null limit 10000) as t',
        v_say.expired, v_column, pydb_internal.relation_name(p_policy.target), case
            -- no unit makes more or less of these
            when p_policy.time_unit = 'uuidv7' then format(
                '%s in (''00000000-0000-0000-0000-000000000000'', ''ffffffff-ffff-ffff-ffff-ffffffffffff'')', v_column
            )
            else format(
                '%1$s in (0, -1, -2147483648, 2147483647, -9223372036854775808, 9223372036854775807)%2$s', v_column,
                case when pydb_internal.retention_has_infinity(p_policy)
                    then format(' or %s in (''infinity'', ''-infinity'', ''nan'')', v_column) else '' end
            )
        end
    ) into v_odd, v_seen;
    -- an expiry far ahead is common, a tenth of all rows before 1980 or in the far future is a wrong unit
    if v_odd * 10 > v_seen then
        raise exception using errcode = 'YD102',
            message = format('p_time_unit %L does not fit the values of %I', p_policy.time_unit, p_policy.time_column),
            detail = format('%s of the %s rows looked at would lie before 1980 or over a year ahead.', v_odd, v_seen),
            hint = case p_policy.time_unit
                when 'uuidv7' then 'Only a uuid of version 7 tells when it was made; name a column with a time.'
                else 'The unit is how many of it make a second: ''s'' 1, ''ms'' 1000, ''us'' 1000000, '
                '''ns'' 1000000000.'
            end;
    end if;
end
$$;

comment on function pydb_internal.retention_check_unit(pydb.retention_policy, timestamptz) is
'Raises YD102 if more than a tenth of the rows looked at (10 000 at most) lie before 1980 or over a year ahead; zero,
minus one and the ends of the integers count for no unit and against none.';

revoke all on function pydb_internal.retention_check_unit(pydb.retention_policy, timestamptz) from public;
