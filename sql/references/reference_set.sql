-- pydb.reference_set: create or change a logical reference; everything is checked before it is stored; audited.
-- reads the catalog   writes pydb.reference, pydb.audit_log   locks the reference's row
-- raises YD003 YD004 YD005 YD006 YD301
create or replace function pydb.reference_set(
    p_child regclass,
    p_child_columns name[],
    p_parent regclass,
    p_parent_columns name[],
    p_on_delete text default 'no action',
    p_name text default null
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
    return v_new;
end
$$;

comment on function pydb.reference_set(regclass, name[], regclass, name[], text, text) is
'Creates or replaces a logical reference, a foreign key that nothing enforces, and returns its row; setting it again as
it is changes nothing. Cascades follow it, orphan scans check it. p_on_delete: what pydb does to the child''s rows when
it deletes their parent: no action, restrict, cascade, set null or set default. p_name: schema.child.name, or the name
alone; by default the columns and _ref. Missing indexes are said as notices. The caller owns or may SELECT from both.';

revoke all on function pydb.reference_set(regclass, name[], regclass, name[], text, text) from public;
