-- pydb_internal.orphan_prepare (repair; by orphan_repair_turn): the first turn of a repair: check, count what is due,
-- note it; a dry run ends here.
-- reads the child and the parent   writes pydb.job_run, pydb_internal.orphan_mark   locks nothing above a select
-- raises YD001 YD005 YD401 YD402 YD404
create or replace function pydb_internal.orphan_prepare(p_walk jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parent constant oid := (
        select r.parent_id from pydb_internal.orphan_references(p_walk ->> 'reference') as r order by r.kind limit 1
    );
    v_edge constant pydb_internal.reference_edge := pydb_internal.orphan_edge(p_walk ->> 'reference', v_parent);
    v_leaves constant oid[] := array(
        select l.relation from pydb_internal.orphan_leaves(v_edge.child) as l where not l.is_foreign
    );
    v_mode text;
    v_age text;
    v_look jsonb;
    v_due bigint;
    v_effects text[] := '{}'::text[];
begin
    perform pydb_internal.orphan_check_rights(v_edge, '{SELECT}');
    v_mode := pydb_internal.orphan_mode(v_edge, p_walk ->> 'mode');
    perform pydb_internal.orphan_check_rights(
        v_edge, case v_mode when 'nullify' then '{SELECT,UPDATE}'::text[] else '{SELECT,DELETE}'::text[] end
    );
    -- fixed for the whole run: what is counted here is what goes
    v_age := pydb_internal.orphan_age(v_edge, (p_walk ->> 'min_age')::interval);
    if v_leaves <> '{}' then
        v_look := pydb_internal.orphan_look(v_edge, v_leaves, 0, null, v_age, 10);
    end if;
    v_due := coalesce((v_look ->> 'orphans')::bigint, 0);
    if v_due > 0 then
        v_effects :=
            pydb_internal.orphan_effects(v_edge, v_mode, v_age || ' and ' || pydb_internal.orphan_condition(v_edge));
    end if;
    if (v_look ->> 'unconfirmed')::bigint > 0 then
        v_effects := v_effects || format(
            '%s without a parent may be younger than the least age and stay',
            pydb_internal.rows_text((v_look ->> 'unconfirmed')::bigint)
        );
    end if;
    perform pydb_internal.run_log_plan((p_walk ->> 'run')::bigint, v_due, null, jsonb_build_object(
        'mode', v_mode, 'effects', to_jsonb(v_effects), 'sample', v_look -> 'sample',
        'checked_rows', v_look -> 'checked_rows', 'unconfirmed', v_look -> 'unconfirmed'
    ));
    p_walk := p_walk || jsonb_build_object(
        'parent', v_parent::bigint, 'mode', v_mode, 'age', v_age, 'due', v_due, 'effects', to_jsonb(v_effects),
        'signature', md5(row(v_edge)::text), 'take', 1, 'way', 'plain', 'slices', '[]'::jsonb,
        'locked', 0, 'refused', 0, 'pass', 1, 'pass_done', 0, 'segments',
        case when v_due > 0 then pydb_internal.orphan_segments(v_edge.child) else '[]'::jsonb end
    );
    if (p_walk ->> 'dry_run')::boolean or v_due = 0 then
        return p_walk || '{"state": "completed", "reason": "exhausted"}';
    end if;
    return p_walk;
end
$$;

comment on function pydb_internal.orphan_prepare(jsonb) is
'The walk of a repair with its mode, the rows that are due, the effects and the relations to go through.';

revoke all on function pydb_internal.orphan_prepare(jsonb) from public;
