-- pydb_internal.cascade_refusal (plan; by cascade_edge_verdict): whether rows that stay, or what an edge sets, make a
-- delete fail.
-- reads the catalog, the rows that are set, the parents of SET DEFAULT   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_refusal(
    p_walk pydb_internal.cascade_closure,
    p_edge integer,
    p_strict boolean,
    p_outside bigint,
    p_early bigint,
    p_tie bigint,
    out rows bigint,
    out code text,
    out warning text,
    out order_dependent boolean
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_met constant pydb_internal.cascade_edge := p_walk.edges[p_edge];
    v_edge constant pydb_internal.reference_edge := v_met.edge;
    v_note pydb_internal.cascade_warning := v_met.hurdle;
    v_timed boolean;
    v_doubt boolean;
begin
    rows := 0;
    order_dependent := false;
    if v_met.effect = 'check' then
        -- what only a commit, or only pydb, would check is asked at the end, when all cascades are through
        v_timed := p_strict and v_edge.is_enforced and not v_edge.is_deferred;
        rows := p_outside + case when v_timed then p_early else 0 end;
        v_doubt := rows > 0 and p_strict and pydb_internal.cascade_is_doubtful(p_walk, v_edge);
        if rows > 0 and not v_doubt then
            code := coalesce(v_note.code, case when p_outside > 0 then 'outside' else 'early' end);
            warning := coalesce(v_note.warning, case
                when p_outside > 0
                    then format(
                        '%s that would stay still %s %s', pydb_internal.rows_text(p_outside),
                        case p_outside when 1 then 'references' else 'reference' end,
                        pydb_internal.relation_name(v_edge.parent)
                    )
                else format(
                    'PostgreSQL checks this key before the cascade reaches %s: choose delete for it, or make it '
                    'deferrable', pydb_internal.rows_text(p_early)
                )
            end);
            return;
        end if;
        rows := 0;
        if v_doubt or v_timed and (p_tie > 0 or (
            v_met.matched > 0 and exists (select 1 from unnest(p_walk.parts) as s where s.layer >= 50)
        )) then
            order_dependent := true;
            code := 'order';
            warning := 'PostgreSQL may refuse here, depending on the order of its triggers';
        end if;
    elsif p_outside + p_early + p_tie > 0 then
        -- a row behind two keys counts for the first of them, and each may fail
        v_doubt := pydb_internal.cascade_sets_key_columns(v_edge)
            or (v_met.effect = 'default'
                and (p_early + p_tie > 0 or not pydb_internal.cascade_default_is_constant(v_edge)));
        if v_met.effect = 'default' and p_outside > 0 and not (v_doubt and p_strict) then
            v_note := pydb_internal.cascade_default_problem(p_walk, p_edge);
            if v_note.code is not null then
                rows := p_outside;
                code := v_note.code;
                warning := v_note.warning;
                return;
            end if;
        end if;
        if p_outside > 0 then
            v_note := pydb_internal.cascade_set_problem(p_walk, p_edge);
            code := v_note.code;
            warning := v_note.warning;
            if code <> 'untried' then
                rows := p_outside;
                return;
            end if;
        end if;
        if v_doubt then
            order_dependent := true;
            code := 'order';
            warning := case
                when pydb_internal.cascade_sets_key_columns(v_edge)
                    then 'other keys or partitions use the columns it sets'
                else 'the default that it sets is worked out by the delete'
            end || ': only doing it shows what comes of it';
        end if;
    end if;
end
$$;

comment on function pydb_internal.cascade_refusal(
    pydb_internal.cascade_closure, integer, boolean, bigint, bigint, bigint
) is 'Of an edge with effect check, nullify or default, from the counts of its verdict: rows because of which the delete
fails (0 = none) and why; or that the order of triggers decides.';

revoke all on function pydb_internal.cascade_refusal(
    pydb_internal.cascade_closure, integer, boolean, bigint, bigint, bigint
) from public;
