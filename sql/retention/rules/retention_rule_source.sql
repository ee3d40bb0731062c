-- pydb_internal.retention_rule_source (rules): SQL text that joins the mapping table of a policy to its table, for a
-- look at many rows: behind the table and its alias.
-- reads the catalog, settings   writes nothing   locks nothing
-- raises YD005 YD901
create or replace function pydb_internal.retention_rule_source(p_policy pydb.retention_policy, p_alias text default 't')
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_spare constant text := pydb_internal.retention_spare_name(p_policy.target);
    v_names constant name[] := array(
        select (v_spare || u.ord)::name
        from unnest(p_policy.keep_key) with ordinality as u (name, ord)
        order by u.ord
    );
begin
    if p_policy.keep_table is null then
        return '';
    end if;
    -- worked out once for each row of the mapping: DISTINCT keeps it from being seen through, tells that the key is
    -- one, and lets several processes work at it
    return (
        select format(
            ' left join (select distinct on (%s) %s, %s as %I from %s as "kept by") as "kept by" on %s',
            string_agg(format('"kept by".%I', u.key), ', ' order by u.ord),
            string_agg(format('"kept by".%I as %I', u.key, u.name), ', ' order by u.ord),
            pydb_internal.retention_until_text(
                p_policy, pydb_internal.retention_keep_text(p_policy.keep_table, p_policy.keep_value, '"kept by"')
            ), v_spare || 'until', pydb_internal.relation_name(p_policy.keep_table),
            pydb_internal.retention_mapping_match(p_policy, p_alias, '"kept by"', v_names)
        )
        from unnest(p_policy.keep_key, v_names) with ordinality as u (key, name, ord)
    );
end
$$;

comment on function pydb_internal.retention_rule_source(pydb.retention_policy, text) is
'" left join …", which gives each row at most one of the mapping, or nothing; to go with a condition of
retention_aged_condition that is joined.';

revoke all on function pydb_internal.retention_rule_source(pydb.retention_policy, text) from public;
