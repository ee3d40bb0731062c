-- pydb_internal.retention_last_survey (last): what a policy says of a row, and, of a partitioned table, which rows are
-- the last of their groups, found at once for all partitions.
-- reads the target   writes nothing   locks nothing above a select
-- raises YD005 YD123 YD901
create or replace function pydb_internal.retention_last_survey(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_said pydb_internal.retention_said default null
)
returns pydb_internal.retention_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
set timezone = 'UTC' -- the time becomes text, and is read again in a batch
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set extra_float_digits = 1
as $$
declare
    v_last pydb_internal.retention_last_rows[];
    v_since text;
begin
    if p_said.expired is null then
        p_said := pydb_internal.retention_said_of(p_policy, p_cutoff);
    end if;
    if p_policy.keep_last is null or p_said.last is not null or not exists (
        select from pg_class as c where c.oid = p_policy.target and c.relkind = 'p'
    ) then
        return p_said;
    end if;
    execute format(
        'select coalesce(array_agg((k."in", k."kept")::pydb_internal.retention_last_rows), ''{}''), min(k."since")::text
        from (
            select
                "last"."in", coalesce(array_agg("last"."at") filter (where "last"."place" <= %1$s and "last"."is_old"),
                    ''{}'') as "kept",
                %2$s filter (where "last"."place" = %1$s) as "since"
            from (%3$s) as "last" where "last"."place" <= %1$s and "last"."is_aged" is not true group by "last"."in"
        ) as k',
        p_policy.keep_last, pydb_internal.retention_end(p_policy, 'min', '"last"."time"'),
        pydb_internal.retention_last_query(p_policy, p_cutoff)
    ) into v_last, v_since;
    p_said.last := v_last;
    p_said.since := v_since;
    p_said.ruled := pydb_internal.retention_rule_condition(
        p_policy, p_cutoff, p_since => pydb_internal.retention_last_places(
            p_policy, p_cutoff, v_since, array(select u.relation from unnest(v_last) as u)
        )
    );
    return p_said;
end
$$;

comment on function pydb_internal.retention_last_survey(
    pydb.retention_policy, timestamptz, pydb_internal.retention_said
) is
'p_said, or retention_said_of, with last, since, and a ruled that looks at no partition but those with last rows;
without these where a policy keeps no last rows, or its table has no partitions: its rows are given places within the
count.';

revoke all on function pydb_internal.retention_last_survey(
    pydb.retention_policy, timestamptz, pydb_internal.retention_said
) from public;
