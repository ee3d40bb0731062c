-- pydb_internal.retention_implausible_warnings (plan): what to say of rows whose time cannot be meant.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_implausible_warnings(
    p_policy pydb.retention_policy,
    p_past bigint,
    p_future bigint
)
returns pydb_internal.retention_warning[]
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select coalesce(array_agg(row(s.code, s.said)::pydb_internal.retention_warning), '{}')
        from (
            select 'implausible_past' as code, format(
                '%s with %I before 1980%s: left, because zero, another unit or "never" looks like that '
                '(p_expire_implausible => true would take them)', pydb_internal.rows_text(p_past), p_policy.time_column,
                case when p_policy.time_unit = 'uuidv7' then ' or no uuid of version 7' else '' end
            ) as said
            where p_past > 0
            union all
            select 'implausible_future', format(
                '%s with %I more than a century ahead: never expired; is the unit %s theirs?',
                pydb_internal.rows_text(p_future), p_policy.time_column, p_policy.time_unit
            )
            where p_future > 0
        ) as s
    );
end
$$;

comment on function pydb_internal.retention_implausible_warnings(pydb.retention_policy, bigint, bigint) is
'Warnings for rows before 1980 (implausible_past) and for numbers beyond a century ahead (implausible_future).';

revoke all on function pydb_internal.retention_implausible_warnings(pydb.retention_policy, bigint, bigint) from public;
