-- pydb_internal.entity_vet (set; by entity_set): hook of drafts: check an entity as whoever sets it, and complete it.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD003 YD004 YD005 YD006 YD015 YD301
create or replace function pydb_internal.entity_vet(p_draft jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_new pydb.entity := jsonb_populate_record(null::pydb.entity, p_draft);
begin
    if v_new.name is null or v_new.name !~ '^[a-z][a-z0-9_-]{0,62}$' then
        raise exception using errcode = 'YD006', message = format('%L cannot be the name of an entity', v_new.name),
            detail = 'A name begins with a letter and has 1 to 63 of a-z, 0-9, _ and -.',
            hint = 'Choose one that is easily typed: dataset';
    end if;
    perform pydb_internal.reference_check_table(v_new.root, 'p_root');
    if not exists (
        select 1 from pg_index as i
        where i.indrelid = v_new.root and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
    ) then
        raise exception using errcode = 'YD301',
            message = format('%s has no key', pydb_internal.relation_name(v_new.root)),
            detail = 'An entity is named by its key: add one, primary or unique, to columns that tell rows apart.',
            hint = format('psql: \d %s', pydb_internal.relation_name(v_new.root));
    elsif not isfinite(v_new.grace) or v_new.grace < interval '0' then
        raise exception using errcode = 'YD301', message = format('the grace period cannot be %s', v_new.grace),
            detail = 'It is how long a requested job waits before it starts.', hint = 'p_grace => ''1 day''';
    end if;
    if v_new.search_path is not null then
        perform pydb_internal.application_check_path(v_new.search_path, v_new.root);
    end if;
    v_new.root_name := pydb_internal.relation_name(v_new.root);
    v_new.edges := pydb_internal.reference_check_choices(coalesce(v_new.edges, '{}'));
    v_new.approval := coalesce(v_new.approval, false);
    v_new.grace := coalesce(v_new.grace, interval '0');
    v_new.archive := coalesce(v_new.archive, false);
    return to_jsonb(v_new) || jsonb_build_object('root', v_new.root::oid);
end
$$;

comment on function pydb_internal.entity_vet(jsonb) is
'The draft of an entity with the names of its root and of its edges; raises whatever is wrong with it, or with the
rights of the current role.';

revoke all on function pydb_internal.entity_vet(jsonb) from public;
