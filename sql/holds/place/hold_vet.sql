-- pydb_internal.hold_vet (place): hook of drafts: check a hold as whoever places it, and complete it.
-- reads the catalog, the first rows of the table (p_filter)   writes nothing   locks nothing
-- raises YD001 YD003 YD004 YD005 YD103 YD701
create or replace function pydb_internal.hold_vet(p_draft jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hold pydb.hold;
    v_keys jsonb := nullif(p_draft -> 'keys', 'null');
    v_tenant constant jsonb := nullif(p_draft -> 'tenant', 'null');
    v_table constant oid := (p_draft ->> 'relation')::oid;
    v_problem text;
    v_each oid;
    v_all oid[] := array[]::oid[];
begin
    v_hold.name := p_draft ->> 'name';
    v_hold.reason := p_draft ->> 'reason';
    v_hold.until := (p_draft ->> 'until')::timestamptz;
    v_hold.filter := p_draft ->> 'filter';
    v_hold.key_columns := '{}';
    v_hold.key_values := '{}';
    v_hold.keys := 0;
    v_problem := case
        when coalesce(v_hold.name, '') = '' or octet_length(v_hold.name) > 255 then 'it has no name'
        when coalesce(trim(v_hold.reason), '') = '' then 'it has no reason'
        when v_hold.until <= clock_timestamp() or not isfinite(v_hold.until)
            then format('it cannot end at %s', v_hold.until)
        when num_nonnulls(v_keys, v_hold.filter, v_tenant) > 1 then 'it is by keys, by a filter or by a tenant'
        when v_table is null and v_tenant is null then 'only that of a tenant is about more than one table'
        when p_draft -> 'tables' <> 'null' and (v_tenant is null or v_table is not null)
            then 'p_tables goes with p_tenant, and with p_table null'
    end;
    if v_problem is not null then
        raise exception using errcode = 'YD001', message = 'that is no hold: ' || v_problem,
            detail = format('Hold %s.', coalesce(quote_literal(v_hold.name), 'without a name')),
            hint = 'select pydb.hold_place(''case-7'', ''schema.table'', ''[{"id": 42}]'', p_reason => ''why'');';
    end if;
    v_hold.kind := case
        when v_keys is not null then 'key' when v_hold.filter is not null then 'filter'
        when v_tenant is not null then 'tenant' else 'table'
    end;
    if v_tenant is not null then
        v_keys := pydb_internal.hold_tenant_keys(v_tenant);
        v_hold.key_columns := array(select jsonb_object_keys(v_tenant)::name);
        v_hold.tables := case when p_draft -> 'tables' <> 'null'
            then array(select t.oid::oid::regclass from jsonb_array_elements_text(p_draft -> 'tables') as t (oid)) end;
    end if;
    for v_each in
        select v_table where v_table is not null
        union
        select t.relation from unnest(pydb_internal.hold_tenant_relations(v_hold)) as t (relation)
        where v_table is null
    loop
        perform pydb_internal.hold_check_table(v_each);
        v_all := v_all || v_each;
        if v_keys is not null then
            v_hold := pydb_internal.hold_read_keys(v_hold, v_each, v_keys);
        end if;
    end loop;
    if v_tenant is not null and cardinality(v_hold.key_values) = 0 then
        raise exception using errcode = 'YD701', message = format('no table has a column %I', v_hold.key_columns[1]),
            detail = 'With p_table null a hold of a tenant is about every table that has the column.',
            hint = 'p_table => ''schema.table'', or another column in p_tenant';
    elsif v_hold.filter is not null then
        v_hold.filter := pydb_internal.filter_check(v_table::regclass, v_hold.filter);
    end if;
    v_hold.relation_name := pydb_internal.relation_name(v_table);
    v_hold := pydb_internal.hold_see(v_hold, v_all);
    -- by number: the name of a table in a schema that he may not use could not be read back
    return to_jsonb(v_hold) || jsonb_build_object('relation', v_table, 'tables', to_jsonb(v_hold.tables::oid[]),
        'tables_seen', to_jsonb(v_all));
end
$$;

comment on function pydb_internal.hold_vet(jsonb) is
'Checks that a hold says which rows it is about in a way that can be followed; returns the row of pydb.hold.';

revoke all on function pydb_internal.hold_vet(jsonb) from public;
