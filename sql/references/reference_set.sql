-- pydb.reference_set: create or change a logical reference; everything is checked before it is stored; audited.
-- reads the catalog   writes pydb.reference, pydb.audit_log   locks the reference's row
-- raises YD003 YD004 YD005 YD006 YD103 YD301; warns YD103
create or replace function pydb.reference_set(
    p_child regclass,
    p_child_columns name[],
    p_parent regclass,
    p_parent_columns name[],
    p_on_delete text default 'no action',
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
    v_new.filter := p_filter;
    v_new.parent_filter := p_parent_filter;
    -- by number: the name of a table in a schema that he may not use could not be read back
    v_new := pydb_internal.reference_store(pydb_internal.draft_add(
        'reference', to_jsonb(v_new) || jsonb_build_object('child', p_child::oid, 'parent', p_parent::oid)
    ));
    perform pydb_internal.reference_advise(
        v_new.child, pydb_internal.column_numbers(v_new.child, v_new.child_columns),
        v_new.parent, pydb_internal.column_numbers(v_new.parent, v_new.parent_columns)
    );
    perform pydb_internal.reference_warn_type(v_new);
    return v_new;
end
$$;

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
