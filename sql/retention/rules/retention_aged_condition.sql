-- pydb_internal.retention_aged_condition (rules): that a row which is older than the floor is older than its own keep:
-- of its column, else of its row of the mapping table, else of the policy.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005 YD123 YD901
create or replace function pydb_internal.retention_aged_condition(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_alias text,
    p_is_joined boolean
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_time constant text := format('%s.%I', p_alias, p_policy.time_column);
    v_own constant text := p_alias || '.' || quote_ident(p_policy.keep_column);
    v_table constant text := pydb_internal.relation_name(p_policy.keep_table);
    v_plain constant timestamptz := pydb_internal.retention_cut(p_policy.keep, p_policy.keep_at, p_policy.timezone);
    v_spare constant text := pydb_internal.retention_spare_name(p_policy.target);
    v_young text;
    v_all text[] := '{}'::text[];
begin
    if v_table is null and p_policy.keep_table is not null then
        raise exception using errcode = 'YD123',
            message = format('policy %s: its rules cannot be asked: its mapping table is gone', p_policy.name),
            detail = 'Nothing is deleted before they say which rows stay.',
            hint = 'Set the policy again with the table that says it now.';
    end if;
    if p_policy.keep_column is not null then
        v_all := v_all || format('(%s is null or %s < %s)', v_own, v_time, pydb_internal.retention_until_text(
            p_policy, pydb_internal.retention_keep_text(p_policy.target, p_policy.keep_column, p_alias)
        ));
    end if;
    if v_table is not null and not p_is_joined then
        v_all := v_all || format(
            'not exists (select 1 from %s as "kept by" where %s%s and (%s < %s) is not true)', v_table,
            pydb_internal.retention_mapping_match(p_policy, p_alias, '"kept by"'), case
                when p_policy.keep_column is not null then format(' and %s is null', v_own) else '' end, v_time,
            pydb_internal.retention_until_text(
                p_policy, pydb_internal.retention_keep_text(p_policy.keep_table, p_policy.keep_value, '"kept by"')
            )
        );
    end if;
    if v_plain < p_cutoff or p_is_joined and v_table is not null then -- else the cutoff says it already
        v_young := format('%s < %s', v_time, pydb_internal.retention_bound(p_policy, v_plain));
        v_all := v_all || format('(%s)', concat_ws(
            ' or ', case when p_policy.keep_column is not null then format('%s is not null', v_own) end,
            case
                when v_table is null then v_young
                when p_is_joined then format(
                    'case when "kept by".%I is null then %s else %s < "kept by".%I end', v_spare || 1, v_young,
                    v_time, v_spare || 'until'
                )
                else format('%s or exists (select 1 from %s as "kept by" where %s)', v_young, v_table,
                    pydb_internal.retention_mapping_match(p_policy, p_alias, '"kept by"'))
            end
        ));
    end if;
    return array_to_string(v_all, ' and ');
end
$$;

comment on function pydb_internal.retention_aged_condition(pydb.retention_policy, timestamptz, text, boolean) is
'Condition over an alias, or the empty text; to be added to the one that the row is older than the cutoff. p_is_joined:
the mapping is joined to the rows by retention_rule_source.';

revoke all on function pydb_internal.retention_aged_condition(pydb.retention_policy, timestamptz, text, boolean)
from public;
