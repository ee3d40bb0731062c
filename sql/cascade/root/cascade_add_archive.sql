-- pydb_internal.cascade_add_archive (root; by cascade_plan): a plan, with what it says of archives.
-- reads the catalog, pydb.archive_table   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_add_archive(
    p_steps pydb.cascade_step[],
    p_walk pydb_internal.cascade_closure
)
returns pydb.cascade_step[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role constant oid := (select r.oid from pg_roles as r where r.rolname = current_user);
    v_hurdle record;
begin
    select
        pydb_internal.relation_name(pydb_internal.archive_top(s.relation)) as relation, h.said, h.cure
    into v_hurdle
    from (select distinct u.relation from unnest(p_walk.parts) as u where u.effect = 'delete') as s
    cross join lateral pydb_internal.archive_hurdle(s.relation, v_role) as h
    where h.said is not null
    limit 1;
    for v_place in 1 .. cardinality(p_steps) loop
        if p_steps[v_place].via is null then
            p_steps[v_place].warning := concat_ws(
                '; ', p_steps[v_place].warning, 'every row that goes is kept in an archive'
            );
            p_steps[v_place].codes := p_steps[v_place].codes || array['archived'];
        elsif p_steps[v_place].action in ('nullify', 'default') and p_steps[v_place].rows > 0 then
            p_steps[v_place].warning := concat_ws(
                '; ', p_steps[v_place].warning, 'a restore does not set them back'
            );
            p_steps[v_place].codes := p_steps[v_place].codes || array['unlinked'];
        end if;
        if p_steps[v_place].action = 'delete' and p_steps[v_place].relation = v_hurdle.relation then
            p_steps[v_place].action := 'blocked';
            p_steps[v_place].warning := concat_ws(
                '; ', p_steps[v_place].warning, 'its rows cannot be archived: ' || v_hurdle.said
            );
            p_steps[v_place].cure := coalesce(p_steps[v_place].cure, v_hurdle.cure);
            p_steps[v_place].codes := p_steps[v_place].codes || array['unarchivable'];
        end if;
    end loop;
    return p_steps;
end
$$;

comment on function pydb_internal.cascade_add_archive(pydb.cascade_step[], pydb_internal.cascade_closure) is
'Steps of a plan whose rows are archived: the root''s has the code archived, those of rows that stay and are set have
unlinked, and a table whose rows cannot be archived blocks it (unarchivable).';

revoke all on function pydb_internal.cascade_add_archive(pydb.cascade_step[], pydb_internal.cascade_closure)
    from public;
