-- pydb_internal.cascade_check_terms (root; by cascade_delete): refuse to delete at once what wants a second person, or
-- a time to think.
-- reads pydb.entity, the catalog   writes nothing   locks nothing
-- raises YD306
create or replace function pydb_internal.cascade_check_terms(p_root regclass, p_keys jsonb, p_entity text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_terms record := pydb_internal.cascade_root_terms(p_root);
begin
    if v_terms.entity is not null then
        raise exception using errcode = 'YD306',
            message = format('rows of %s are not deleted at once', pydb_internal.relation_name(p_root)),
            detail = format('Entity %s wants %s.', v_terms.entity, concat_ws(
                ' and ', case when v_terms.approval then 'a second person' end,
                case when v_terms.grace > interval '0' then format('a grace period of %s', v_terms.grace) end
            )),
            hint = format('select pydb.cascade_request(%s, %L%s);', case
                when p_entity is null then quote_literal(pydb_internal.relation_name(p_root)) else 'null' end,
                p_keys, ', p_entity => ' || quote_literal(p_entity));
    end if;
end
$$;

comment on function pydb_internal.cascade_check_terms(regclass, jsonb, text) is
'Raises YD306 where an entity of the root wants approval or a grace period: only a job waits for them.';

revoke all on function pydb_internal.cascade_check_terms(regclass, jsonb, text) from public;
