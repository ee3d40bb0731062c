-- pydb.entity_set: create or change an entity, a named root of cascades with choices for its edges; audited.
-- reads the catalog, pydb.reference   writes pydb.entity, pydb.audit_log   locks the entity's row
-- raises YD003 YD004 YD005 YD006 YD015 YD301
create or replace function pydb.entity_set(
    p_name text,
    p_root regclass,
    p_edges jsonb default '{}',
    p_approval boolean default false,
    p_grace interval default '0',
    p_archive boolean default false,
    p_search_path name[] default null
)
returns pydb.entity
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_new pydb.entity;
begin
    v_new.name := p_name;
    v_new.root := p_root;
    v_new.edges := coalesce(p_edges, '{}');
    v_new.approval := coalesce(p_approval, false);
    v_new.grace := coalesce(p_grace, interval '0');
    v_new.archive := coalesce(p_archive, false);
    v_new.search_path := p_search_path;
    -- by number: the name of a table in a schema that he may not use could not be read back
    return pydb_internal.entity_store(pydb_internal.draft_add(
        'entity', to_jsonb(v_new) || jsonb_build_object('root', p_root::oid)
    ));
end
$$;

comment on function pydb.entity_set(text, regclass, jsonb, boolean, interval, boolean, name[]) is
'Creates or replaces an entity and returns its row; setting it again as it is changes nothing. p_edges: object, name of
a reference to delete, nullify, default or block; the key * is the choice (delete or block) for every edge that would
stop the delete and is not named. p_approval: a durable job waits for a second person. p_grace: and for this long.
p_archive: what goes is kept, see pydb.archive_restore. p_search_path: schemas in which
triggers and other code of the application look for names in its cascades. Arguments left out return to their
defaults. The caller owns or may SELECT from the root.';

revoke all on function pydb.entity_set(text, regclass, jsonb, boolean, interval, boolean, name[]) from public;
