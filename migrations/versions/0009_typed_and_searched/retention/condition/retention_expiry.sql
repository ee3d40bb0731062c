-- pydb_internal.retention_expiry (condition): what a policy says of a row, part by part, as SQL for one alias.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_expiry(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_alias text,
    out expired text,
    out past text,
    out future text,
    out filtered text,
    out walked text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_column constant text := format('%s.%I', p_alias, p_policy.time_column);
    v_bound constant text := pydb_internal.retention_bound(p_policy, p_cutoff);
    v_first constant text := pydb_internal.retention_bound(p_policy, '1980-01-01 00:00+00');
    v_infinite constant boolean := pydb_internal.retention_has_infinity(p_policy);
    v_is_seven constant text := case p_policy.time_unit when 'uuidv7'
        then format('pg_catalog.get_byte(pg_catalog.uuid_send(%s), 6) between 112 and 127', v_column) end;
    v_before constant text := format('%s < %s', v_column, v_bound);
    v_from text;
begin
    -- null, infinity and what is no number are never less than the bound; -infinity always is: it is left by name
    past := 'false';
    future := 'false';
    if p_policy.expire_implausible then
        v_from := case
            when v_infinite and not p_policy.expire_minus_infinity then format('%s > ''-infinity''', v_column)
        end;
    else
        -- nobody's data is of before 1980: zero, minus one, another unit, "never" as the year 1
        past := format('(%s < %s%s) and %s%s', v_column, v_first, case
            when p_policy.time_unit = 'uuidv7' then format(' or not %s', v_is_seven) else ''
        end, v_before, case when v_infinite then format(' and %s > ''-infinity''', v_column) else '' end);
        v_from := case
            when v_infinite and p_policy.expire_minus_infinity
                then format('(%1$s >= %2$s or %1$s = ''-infinity'')', v_column, v_first)
            else format('%s >= %s', v_column, v_first)
        end || case when p_policy.time_unit = 'uuidv7' then ' and ' || v_is_seven else '' end;
        if pydb_internal.retention_ticks(p_policy.time_unit) is not null then
            -- a calendar date of the year 9999 means what it says, a number of that size is of another unit
            future := format(
                '%s > %s', v_column,
                pydb_internal.retention_bound(p_policy, p_cutoff + p_policy.keep + interval '100 years')
            ) || case when v_infinite then format(' and %s <> ''infinity''', v_column) else '' end;
        end if;
    end if;
    expired := concat_ws(' and ', v_before, v_from);
    walked := concat_ws(' and ', v_before, 'case when ' || v_from || ' then true end');
    -- the filters of built-in policies may name the bound
    filtered := coalesce(' and ' || pydb_internal.filter_condition(p_policy.target, case
        when p_policy.builtin then replace(p_policy.filter, ':cutoff', v_bound) else p_policy.filter
    end), '');
end
$$;

comment on function pydb_internal.retention_expiry(pydb.retention_policy, timestamptz, text) is
'Conditions on the time column: expired (what may go), past (before 1980, or no uuid of version 7, and left), future (a
number beyond a century ahead: of another unit), each "false" where the policy takes all; filtered is the policy''s
filter, beginning with "and", or the empty text; walked is expired with its lower bound hidden from the planner, for
batch after batch. The alias must be the innermost table in scope, because a filter names
its columns bare.';

revoke all on function pydb_internal.retention_expiry(pydb.retention_policy, timestamptz, text) from public;
