-- pydb_internal.reference_vet (set; by reference_set): hook of drafts: check a logical reference as whoever sets it,
-- and complete it.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD003 YD004 YD005 YD006 YD103 YD301
create or replace function pydb_internal.reference_vet(p_draft jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_new pydb.reference := jsonb_populate_record(null::pydb.reference, p_draft);
    v_name constant text := v_new.name;
    v_child smallint[];
    v_parent smallint[];
    v_problem text;
begin
    perform pydb_internal.reference_check_table(v_new.child, 'p_child');
    perform pydb_internal.reference_check_table(v_new.parent, 'p_parent');
    v_child := pydb_internal.reference_check_columns(v_new.child, v_new.child_columns, 'p_child_columns');
    v_parent := pydb_internal.reference_check_columns(v_new.parent, v_new.parent_columns, 'p_parent_columns');
    v_new.child_name := pydb_internal.relation_name(v_new.child);
    v_new.child_columns := pydb_internal.column_names(v_new.child, v_child);
    v_new.parent_name := pydb_internal.relation_name(v_new.parent);
    v_new.parent_columns := pydb_internal.column_names(v_new.parent, v_parent);
    v_new.on_delete := lower(v_new.on_delete);
    v_problem := case
        when cardinality(v_child) <> cardinality(v_parent)
            then format('%s columns cannot reference %s', cardinality(v_child), cardinality(v_parent))
        when v_new.child = v_new.parent and v_child = v_parent then 'columns cannot reference themselves'
        when v_new.on_delete is null
            or v_new.on_delete not in ('no action', 'restrict', 'cascade', 'set null', 'set default')
            then format('p_on_delete cannot be %L', p_draft ->> 'on_delete')
        else pydb_internal.reference_unsettable(v_new.child, v_new.child_columns, v_new.on_delete)
    end;
    if v_problem is not null then
        raise exception using errcode = 'YD301', message = v_problem,
            detail = format(
                '%s (%s) to %s (%s), on delete %s.', v_new.child_name, array_to_string(v_new.child_columns, ', '),
                v_new.parent_name, array_to_string(v_new.parent_columns, ', '),
                coalesce(p_draft ->> 'on_delete', 'null')
            ),
            hint = 'As many columns on either side; on delete: no action, restrict, cascade, set null, set default.';
    end if;
    perform pydb_internal.reference_check_types(v_new.child, v_child, v_new.parent, v_parent);
    if v_new.filter is not null then
        v_new.filter := pydb_internal.filter_check(v_new.child, v_new.filter);
    end if;
    if v_new.parent_filter is not null then
        v_new.parent_filter := pydb_internal.filter_check(v_new.parent, v_new.parent_filter);
    end if;
    v_new.columns_seen := pydb_internal.column_places(
        v_new.child, v_new.child_columns || pydb_internal.filter_columns(v_new.child, v_new.filter), 1
    ) || pydb_internal.column_places(
        v_new.parent, v_new.parent_columns || pydb_internal.filter_columns(v_new.parent, v_new.parent_filter), 2
    );
    v_new.name := pydb_internal.reference_name(v_new.child, v_new.child_columns, v_name);
    return jsonb_build_object(
        'reference', to_jsonb(v_new) || jsonb_build_object('child', v_new.child::oid, 'parent', v_new.parent::oid),
        'is_named', v_name is not null
    );
end
$$;

comment on function pydb_internal.reference_vet(jsonb) is
'The draft of a reference with its names, and whether its name was chosen; raises whatever is wrong with it, or with the
rights of the current role.';

revoke all on function pydb_internal.reference_vet(jsonb) from public;
