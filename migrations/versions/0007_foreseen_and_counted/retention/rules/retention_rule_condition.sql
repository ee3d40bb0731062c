-- pydb_internal.retention_rule_condition (rules): what the rules of a policy say of a row that is older than its
-- cutoff: to be added to what says which rows expire.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005 YD901
create or replace function pydb_internal.retention_rule_condition(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_alias text default 't',
    p_is_joined boolean default false,
    p_last tid[] default null,
    p_since text default null
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_aged text;
    -- all rows are given their places at once where that is done once; not for each of a thousand partitions
    v_at_once constant boolean := p_is_joined and p_policy.keep_last is not null
        and (select c.relkind <> 'p' from pg_class as c where c.oid = p_policy.target);
    v_beyond constant text := case
        when p_last is not null then format('%s.ctid <> all (%L::pg_catalog.tid[])', p_alias, p_last)
    end;
begin
    if not pydb_internal.retention_has_rules(p_policy) then
        return '';
    elsif p_policy.combine = 'or' and v_at_once then
        -- asked within: an OR around a look at the whole table would ask it row by row
        return format(
            ' and (%1$s.tableoid, %1$s.ctid) in (select "last"."in", "last"."at" from (%2$s) as "last"
            where "last"."is_aged" or ("last"."place" > %3$s and not "last"."is_endless"))',
            p_alias, pydb_internal.retention_last_query(p_policy, p_cutoff), p_policy.keep_last
        );
    elsif p_policy.combine = 'or' then
        return format(
            ' and (%s or (%s and (%s) is not true))',
            pydb_internal.retention_aged_condition(p_policy, 'infinity', p_alias, p_is_joined and p_last is not null),
            coalesce(v_beyond, pydb_internal.retention_beyond_condition(p_policy, p_cutoff, p_alias, p_since)),
            coalesce(pydb_internal.retention_endless_condition(
                p_policy, p_alias, p_is_joined and p_last is not null
            ), 'false')
        );
    end if;
    v_aged := pydb_internal.retention_aged_condition(p_policy, p_cutoff, p_alias, p_is_joined);
    return coalesce(' and ' || nullif(v_aged, ''), '') || case
        when p_policy.keep_last is null then ''
        when v_at_once then format(
            ' and (%1$s.tableoid, %1$s.ctid) in (select "last"."in", "last"."at" from (%2$s) as "last"
            where "last"."place" > %3$s)',
            p_alias, pydb_internal.retention_last_query(p_policy, p_cutoff), p_policy.keep_last
        )
        else ' and ' || coalesce(
            v_beyond, pydb_internal.retention_beyond_condition(p_policy, p_cutoff, p_alias, p_since)
        )
    end;
end
$$;

comment on function pydb_internal.retention_rule_condition(
    pydb.retention_policy, timestamptz, text, boolean, tid[], text
) is
'" and …" over an alias, or nothing where the policy has no rules. p_is_joined: for a look at
many rows; the mapping is joined by retention_rule_source, and all rows of a table without partitions are given their
places at once. Of a partition: p_last, the rows of it that are among the last; p_since, as retention_beyond_condition
says. From who has asked for all partitions (retention_last_survey).';

revoke all on function pydb_internal.retention_rule_condition(
    pydb.retention_policy, timestamptz, text, boolean, tid[], text
) from public;
