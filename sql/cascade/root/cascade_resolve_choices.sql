-- pydb_internal.cascade_resolve_choices (root): the choices for edges, checked, with full names: an entity's, overlaid
-- by the caller's.
-- reads pydb.entity, pydb.reference, the catalog   writes nothing   locks nothing
-- raises YD002 YD301
create or replace function pydb_internal.cascade_resolve_choices(
    p_root regclass,
    p_edges jsonb,
    p_entity text,
    out root regclass,
    out choices jsonb,
    out archive boolean,
    out search_path name[]
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entity pydb.entity;
begin
    root := p_root;
    archive := false;
    if p_entity is not null then
        select e.* into v_entity from pydb.entity as e where e.name = p_entity;
        if not found then
            raise exception using errcode = 'YD002', message = format('unknown entity %L', p_entity),
                detail = 'Known: ' || coalesce((select string_agg(e.name, ', ' order by e.name) from pydb.entity as e),
                    'none'),
                hint = coalesce(
                    'select pydb.entity_set(' || quote_literal(p_entity) || ', '
                    || quote_literal(pydb_internal.relation_name(p_root)) || ');',
                    'pydb entity list, or: select name, root from pydb.entity;'
                );
        elsif p_root is not null and p_root <> v_entity.root then
            raise exception using errcode = 'YD301',
                message = format('the root of entity %s is another table', p_entity),
                detail = format(
                    'It is %s, not %s.', pydb_internal.relation_name(v_entity.root),
                        pydb_internal.relation_name(p_root)),
                hint = 'Give the entity or the table.';
        end if;
        root := v_entity.root;
        choices := v_entity.edges;
        archive := v_entity.archive;
        search_path := v_entity.search_path;
    end if;
    if p_edges is null then
        return;
    end if;
    choices := coalesce(choices, '{}') || pydb_internal.reference_check_choices(p_edges);
end
$$;

comment on function pydb_internal.cascade_resolve_choices(regclass, jsonb, text) is
'Root table and choices of a cascade: an entity''s, overlaid with p_edges, each name resolved; null choices = keys as
they are. archive: whether the entity wants what goes to be kept. search_path: of the entity.';

revoke all on function pydb_internal.cascade_resolve_choices(regclass, jsonb, text) from public;
