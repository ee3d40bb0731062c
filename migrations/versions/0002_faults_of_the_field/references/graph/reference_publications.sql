-- pydb_internal.reference_publications (graph): the publications that refuse a delete from a table, or what its foreign
-- keys do then.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_publications(p_relation oid, p_effect text default 'delete')
returns table (relation oid, publication name, warning text, cure text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_effects jsonb;
begin
    if not exists (select from pg_publication) then
        return; -- before the walk
    elsif p_effect <> 'delete' then
        return query select p.* from pydb_internal.relation_publications(array[p_relation], p_effect) as p;
        return;
    end if;
    select jsonb_object_agg(e.effect, e.relations) into v_effects
    from (
        select r.effect, jsonb_agg(r.relation::bigint) as relations
        from pydb_internal.reference_effects(p_relation) as r
        group by r.effect
    ) as e;
    return query
    select p.*
    from jsonb_each(v_effects) as e (effect, relations)
    cross join lateral pydb_internal.relation_publications(
        array(select u.oid::oid from jsonb_array_elements_text(e.relations) as u (oid)), e.effect
    ) as p;
end
$$;

comment on function pydb_internal.reference_publications(oid, text) is
'As relation_publications, for the rows of one table: deleted, with all that its foreign keys delete and update, or
(p_effect update) updated.';

revoke all on function pydb_internal.reference_publications(oid, text) from public;
