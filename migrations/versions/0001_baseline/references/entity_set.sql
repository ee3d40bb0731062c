-- pydb.entity_set: create or change an entity, a named root of cascades with choices for its edges; audited.
-- reads the catalog, pydb.reference   writes pydb.entity, pydb.audit_log   locks the entity's row
-- raises YD003 YD004 YD005 YD006 YD301
create or replace function pydb.entity_set(
    p_name text,
    p_root regclass,
    p_edges jsonb default '{}',
    p_approval boolean default false,
    p_grace interval default '0'
)
returns pydb.entity
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_new pydb.entity;
begin
    if p_name is null or p_name !~ '^[a-z][a-z0-9_-]{0,62}$' then
        raise exception using errcode = 'YD006', message = format('%L cannot be the name of an entity', p_name),
            detail = 'A name begins with a letter and has 1 to 63 of a-z, 0-9, _ and -.',
            hint = 'Choose one that is easily typed: dataset';
    end if;
    perform pydb_internal.reference_check_table(p_root, 'p_root');
    if not exists (
        select 1 from pg_index as i
        where i.indrelid = p_root and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
    ) then
        raise exception using errcode = 'YD301',
            message = format('%s has no key', pydb_internal.relation_name(p_root)),
            detail = 'An entity is named by its key: add one, primary or unique, to columns that tell rows apart.',
            hint = format('psql: \d %s', pydb_internal.relation_name(p_root));
    elsif not isfinite(p_grace) or p_grace < interval '0' then
        raise exception using errcode = 'YD301', message = format('the grace period cannot be %s', p_grace),
            detail = 'It is how long a requested job waits before it starts.', hint = 'p_grace => ''1 day''';
    end if;
    v_new.name := p_name;
    v_new.root := p_root;
    v_new.root_name := pydb_internal.relation_name(p_root);
    v_new.edges := pydb_internal.reference_check_choices(coalesce(p_edges, '{}'));
    v_new.approval := coalesce(p_approval, false);
    v_new.grace := coalesce(p_grace, interval '0');
    return pydb_internal.entity_store(v_new);
end
$$;

comment on function pydb.entity_set(text, regclass, jsonb, boolean, interval) is
'Creates or replaces an entity and returns its row; setting it again as it is changes nothing. p_edges: object, name of
a reference to delete, nullify, default or block; the key * is the choice (delete or block) for every edge that would
stop the delete and is not named. p_approval: a durable job waits for a second person. p_grace: and for this long.
Arguments left out return to their defaults. The caller owns or may SELECT from the root.';

revoke all on function pydb.entity_set(text, regclass, jsonb, boolean, interval) from public;
