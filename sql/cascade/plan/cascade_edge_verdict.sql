-- pydb_internal.cascade_edge_verdict (plan; by cascade_plan_steps): what a plan says of one edge: its action, and each
-- sentence of warning with its cure.
-- reads the catalog, the parents of SET DEFAULT   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_edge_verdict(
    p_walk pydb_internal.cascade_closure,
    p_edge integer,
    p_root regclass,
    p_strict boolean,
    p_reached bigint,
    p_outside bigint,
    p_early bigint,
    p_tie bigint,
    out action text,
    out rows bigint,
    out warning text,
    out cure text,
    out codes text[],
    out order_dependent boolean
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_met pydb_internal.cascade_edge;
    v_effect text := 'delete';
    v_all pydb_internal.cascade_warning[] := array[]::pydb_internal.cascade_warning[];
    v_note pydb_internal.cascade_warning;
    v_stop record;
    v_fatal boolean := false;
begin
    order_dependent := false;
    rows := p_reached;
    if p_edge > 0 then
        v_met := p_walk.edges[p_edge];
        v_effect := v_met.effect;
    end if;
    action := case v_effect when 'check' then case (v_met.edge).on_delete
        when 'r' then 'restrict' when 'a' then 'no action' else 'nullify' end else v_effect end;
    if v_effect = 'hidden' then
        rows := null;
        v_fatal := true;
        v_all := v_all || v_met.hurdle;
    elsif v_effect <> 'delete' then
        v_stop := pydb_internal.cascade_refusal(p_walk, p_edge, p_strict, p_outside, p_early, p_tie);
        v_fatal := v_stop.rows > 0;
        rows := case when v_fatal then v_stop.rows else rows end;
        order_dependent := v_stop.order_dependent;
        if v_stop.code is not null then
            v_all := v_all || row(v_stop.code, v_stop.warning, null)::pydb_internal.cascade_warning;
        end if;
    end if;
    if v_effect in ('delete', 'nullify', 'default') and p_reached + p_outside > 0 then
        for v_note in
            select o.* from pydb_internal.cascade_relation_warnings(array(
                select distinct s.relation from unnest(p_walk.parts) as s
                where s.edge = p_edge and s.effect = v_effect
            ), v_effect, (v_met.edge).set_columns) as o
        loop
            v_fatal := v_fatal or v_note.code <> 'trigger';
            v_all := v_all || v_note;
        end loop;
    end if;
    v_all := v_all || array(select n from pydb_internal.cascade_edge_warnings(p_walk, p_edge, p_root) as n);
    if v_fatal then
        action := 'blocked';
    elsif v_effect = 'check' then
        action := 'check';
        rows := 0;
    end if;
    select
        string_agg(n.warning, '; ' order by n.ordinality), coalesce(array_agg(n.code order by n.ordinality), '{}'),
        (array_agg(n.cure order by n.ordinality) filter (where n.cure is not null))[1]
    into warning, codes, cure
    from unnest(v_all) with ordinality as n;
end
$$;

comment on function pydb_internal.cascade_edge_verdict(
    pydb_internal.cascade_closure, integer, regclass, boolean, bigint, bigint, bigint, bigint
) is 'Action, rows, warning, cure and codes of one edge of a walk (0 = its root rows), from the counts of its verdict.';

revoke all on function pydb_internal.cascade_edge_verdict(
    pydb_internal.cascade_closure, integer, regclass, boolean, bigint, bigint, bigint, bigint
) from public;
