-- pydb_internal.retention_strategy (plan; by retention_survey): how one relation is walked, and why.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_strategy(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_rows bigint,
    p_total bigint,
    out strategy text,
    out reason text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_index regclass := pydb_internal.retention_time_index(p_relation, p_policy.time_column);
    v_pages bigint := pg_relation_size(p_relation) / current_setting('block_size')::bigint;
    v_share float8 := p_rows::float8 / greatest(p_total, 1);
    v_schema name;
    v_table name;
    v_correlation float8;
begin
    if v_share > 0.05 and v_share <= 0.3 and v_index is not null and v_pages > 128 then
        -- the names first, as in retention_null_rows
        select n.nspname, c.relname into v_schema, v_table
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        where c.oid = p_relation;
        select abs(s.correlation)::float8 into v_correlation
        from pg_stats as s
        where s.schemaname = v_schema and s.tablename = v_table and s.attname = p_policy.time_column
            and not s.inherited;
    end if;
    if p_policy.strategy in ('heap', 'index') and (p_policy.strategy = 'heap' or v_index is not null) then
        strategy := p_policy.strategy;
        reason := 'set by the policy';
    elsif v_index is null then
        strategy := 'heap';
        reason := format('no index leads with %I', p_policy.time_column);
    elsif v_pages <= 128 then
        strategy := 'heap';
        reason := format('the table has %s pages only', v_pages);
    elsif v_share <= 0.05 then
        strategy := 'index';
        reason := format('%s %% expired: %s finds them', round((v_share * 100)::numeric, 1), v_index::text);
    elsif v_share <= 0.3 and coalesce(v_correlation, 0) >= 0.9 then
        strategy := 'index';
        reason := format(
            '%s %% expired, and the rows lie in time order (correlation %s)', round((v_share * 100)::numeric, 1),
            round(v_correlation::numeric, 2)
        );
    else
        strategy := 'heap';
        reason := format(
            '%s %% expired%s: one walk through the table is cheapest', round((v_share * 100)::numeric, 1),
            case when v_share <= 0.3 then ' and the rows do not lie in time order' else '' end
        );
    end if;
end
$$;

comment on function pydb_internal.retention_strategy(pydb.retention_policy, oid, bigint, bigint) is
'heap (ranges of blocks) or index (ranges of the time index) for one relation, with the reason in words.';

revoke all on function pydb_internal.retention_strategy(pydb.retention_policy, oid, bigint, bigint) from public;
