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
    v_edge pydb_internal.reference_edge;
    v_effect text := 'delete';
    v_all pydb_internal.cascade_warning[] := array[]::pydb_internal.cascade_warning[];
    v_note pydb_internal.cascade_warning;
    v_fatal boolean := false;
    v_timed boolean;
    v_doubt boolean;
begin
    order_dependent := false;
    rows := p_reached;
    if p_edge > 0 then
        v_met := p_walk.edges[p_edge];
        v_edge := v_met.edge;
        v_effect := v_met.effect;
    end if;
    action := case v_effect when 'check' then case v_edge.on_delete
        when 'r' then 'restrict' when 'a' then 'no action' else 'nullify' end else v_effect end;
    if v_effect = 'hidden' then
        rows := null;
        v_fatal := true;
        v_all := v_all || v_met.hurdle;
    elsif v_effect = 'check' then
        -- what only a commit, or only pydb, would check is asked at the end, when all cascades are through
        v_timed := p_strict and v_edge.is_enforced and not v_edge.is_deferred;
        rows := p_outside + case when v_timed then p_early else 0 end;
        v_doubt := rows > 0 and p_strict and pydb_internal.cascade_is_doubtful(p_walk, v_edge);
        v_fatal := rows > 0 and not v_doubt;
        order_dependent := v_doubt or v_timed and not v_fatal and (p_tie > 0 or (
            v_met.matched > 0 and exists (select 1 from unnest(p_walk.parts) as s where s.layer >= 50)
        ));
        if v_fatal then
            v_all := v_all || case
                when (v_met.hurdle).code is not null then v_met.hurdle
                when p_outside > 0 then row(
                    'outside',
                        format('%s outside of the cascade keep their parent', pydb_internal.rows_text(p_outside)), null
                )::pydb_internal.cascade_warning
                else row('early', format(
                    'PostgreSQL checks this key before the cascade reaches %s: choose delete for it, or make it '
                    'deferrable', pydb_internal.rows_text(p_early)
                ), null)::pydb_internal.cascade_warning
            end;
        elsif order_dependent then
            v_all := v_all || row(
                'order', 'PostgreSQL may refuse here, depending on the order of its triggers', null
            )::pydb_internal.cascade_warning;
        end if;
    elsif v_effect in ('nullify', 'default') and p_outside + p_early + p_tie > 0 then
        -- a row behind two keys counts for the first of them, and each may fail
        v_doubt := pydb_internal.cascade_sets_key_columns(v_edge)
            or (v_effect = 'default'
                and (p_early + p_tie > 0 or not pydb_internal.cascade_default_is_constant(v_edge)));
        if v_effect = 'default' and p_outside > 0 and not (v_doubt and p_strict) then
            v_note := pydb_internal.cascade_default_problem(p_walk, p_edge);
            if v_note.code is not null then
                v_fatal := true;
                v_all := v_all || v_note;
                rows := p_outside;
            end if;
        end if;
        order_dependent := v_doubt and not v_fatal;
        if order_dependent then
            v_all := v_all || row(
                'order', 'other keys or partitions use the columns it sets: only doing it shows what comes of it', null
            )::pydb_internal.cascade_warning;
        end if;
    end if;
    if v_effect in ('delete', 'nullify', 'default') and p_reached + p_outside > 0 then
        for v_note in
            select o.* from pydb_internal.cascade_relation_warnings(array(
                select distinct s.relation from unnest(p_walk.parts) as s
                where s.edge = p_edge and s.effect = v_effect
            ), v_effect, v_edge.set_columns) as o
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
