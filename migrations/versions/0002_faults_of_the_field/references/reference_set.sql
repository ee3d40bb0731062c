-- pydb.reference_set: create or change a logical reference; everything is checked before it is stored; audited.
-- reads the catalog   writes pydb.reference, pydb.audit_log   locks the reference's row
-- raises YD003 YD004 YD005 YD006 YD301
-- raises YD003 YD004 YD005 YD006 YD103 YD301
create or replace function pydb.reference_set(
    p_child regclass,
    p_child_columns name[],
    p_parent regclass,
    p_parent_columns name[],
    p_on_delete text default 'no action',
    p_name text default null
    p_name text default null,
    p_filter text default null,
    p_parent_filter text default null
)
returns pydb.reference
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_new pydb.reference;
begin
    v_new.child := p_child;
    v_new.child_columns := p_child_columns;
    v_new.parent := p_parent;
    v_new.parent_columns := p_parent_columns;
    v_new.on_delete := p_on_delete;
    v_new.name := p_name;
    -- by number: the name of a table in a schema that he may not use could not be read back
    v_new := pydb_internal.reference_store(pydb_internal.draft_add(
        'reference', to_jsonb(v_new) || jsonb_build_object('child', p_child::oid, 'parent', p_parent::oid)
    ));
    perform pydb_internal.reference_advise(
        v_new.child, pydb_internal.column_numbers(v_new.child, v_new.child_columns),
        v_new.parent, pydb_internal.column_numbers(v_new.parent, v_new.parent_columns)
    );
    v_child smallint[];
    v_parent smallint[];
    v_problem text;
begin
    perform pydb_internal.reference_check_table(p_child, 'p_child');
    perform pydb_internal.reference_check_table(p_parent, 'p_parent');
    v_child := pydb_internal.reference_check_columns(p_child, p_child_columns, 'p_child_columns');
    v_parent := pydb_internal.reference_check_columns(p_parent, p_parent_columns, 'p_parent_columns');
    v_new.child := p_child;
    v_new.child_name := pydb_internal.relation_name(p_child);
    v_new.child_columns := pydb_internal.column_names(p_child, v_child);
    v_new.parent := p_parent;
    v_new.parent_name := pydb_internal.relation_name(p_parent);
    v_new.parent_columns := pydb_internal.column_names(p_parent, v_parent);
    v_new.on_delete := lower(p_on_delete);
    v_problem := case
        when cardinality(v_child) <> cardinality(v_parent)
            then format('%s columns cannot reference %s', cardinality(v_child), cardinality(v_parent))
        when p_child = p_parent and v_child = v_parent then 'columns cannot reference themselves'
        when v_new.on_delete is null
            or v_new.on_delete not in ('no action', 'restrict', 'cascade', 'set null', 'set default')
            then format('p_on_delete cannot be %L', p_on_delete)
        else pydb_internal.reference_unsettable(p_child, v_new.child_columns, v_new.on_delete)
    end;
    if v_problem is not null then
        raise exception using errcode = 'YD301', message = v_problem,
            detail = format(
                '%s (%s) to %s (%s), on delete %s.', v_new.child_name, array_to_string(v_new.child_columns, ', '),
                v_new.parent_name, array_to_string(v_new.parent_columns, ', '), coalesce(p_on_delete, 'null')
            ),
            hint = 'As many columns on either side; on delete: no action, restrict, cascade, set null, set default.';
    end if;
    perform pydb_internal.reference_check_types(p_child, v_child, p_parent, v_parent);
    if p_filter is not null then
        v_new.filter := pydb_internal.retention_check_filter(p_child, p_filter);
    end if;
    if p_parent_filter is not null then
        v_new.parent_filter := pydb_internal.retention_check_filter(p_parent, p_parent_filter);
    end if;
    v_new.name := pydb_internal.reference_name(p_child, v_new.child_columns, p_name);
    v_new := pydb_internal.reference_store(v_new, p_name is not null);
    perform pydb_internal.reference_advise(p_child, v_child, p_parent, v_parent);
    perform pydb_internal.reference_warn_type(v_new);
    return v_new;
end
$$;

comment on function pydb.reference_set(regclass, name[], regclass, name[], text, text) is
'Creates or replaces a logical reference, a foreign key that nothing enforces, and returns its row; setting it again as
it is changes nothing. Cascades follow it, orphan scans check it. p_on_delete: what pydb does to the child''s rows when
it deletes their parent: no action, restrict, cascade, set null or set default. p_name: schema.child.name, or the name
alone; by default the columns and _ref. Missing indexes are said as notices. The caller owns or may SELECT from both.';

revoke all on function pydb.reference_set(regclass, name[], regclass, name[], text, text) from public;
comment on function pydb.reference_set(regclass, name[], regclass, name[], text, text, text, text) is
'Creates or replaces a logical reference, a foreign key that nothing enforces, and returns its row; setting it again as
it is changes nothing. Cascades follow it, orphan scans check it. p_on_delete: what pydb does to the child''s rows when
it deletes their parent: no action, restrict, cascade, set null or set default. p_name: schema.child.name, or the name
alone; by default the columns and _ref. p_filter: only rows of the child for which it is true reference anything, as
''commentable_type = ''''Post''''''; p_parent_filter: only rows of the parent for which it is true can be referenced, as
''deleted_at is null'', and rows behind others are orphans. Each is one boolean expression over its table, like the
filter of a policy. A type column beside the key without a p_filter is warned of. Missing indexes are said as notices.
The caller owns or may SELECT from both.';

revoke all on function pydb.reference_set(regclass, name[], regclass, name[], text, text, text, text) from public;
