-- pydb_internal.cascade_delete_once (delete; by cascade_delete): walk, judge, delete and compare, once.
-- writes the root and what references it, pydb.erasure   locks the tables (row exclusive) and the rows
-- raises YD003 YD004 YD005 YD301 YD302 YD304 YD305, and what constraints and triggers raise
create or replace function pydb_internal.cascade_delete_once(
    p_root regclass,
    p_keys jsonb,
    p_choices jsonb,
    p_allow_unindexed boolean,
    p_allow_triggers boolean,
    p_archive bigint default null,
    p_erasure jsonb default null,
    out steps pydb.cascade_step[],
    out beyond jsonb,
    out erasure uuid
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_walk pydb_internal.cascade_closure;
    v_before jsonb;
    v_look text;
    v_is_triggered boolean;
    v_salt bytea;
begin
    perform pydb_internal.reference_enter();
    perform pydb_internal.cascade_enter(p_root);
    v_walk := pydb_internal.cascade_traverse(pydb_internal.cascade_root_rows(p_root, p_keys), p_choices);
    steps :=
        array(select s from pydb_internal.cascade_plan_steps(v_walk, p_root, p_choices is null) as s order by s.step);
    perform pydb_internal.cascade_check_held(v_walk);
    perform pydb_internal.cascade_check_blocked(steps, p_root, p_keys, p_choices);
    if not p_allow_unindexed and cardinality(v_walk.parts) > 0 then
        perform pydb_internal.cascade_check_indexes(v_walk);
    end if;
    if p_erasure is not null then
        v_salt := pydb_internal.erasure_salt(p_erasure ->> 'entity');
        erasure := pydb_internal.erasure_store(pydb_internal.draft_add('erasure', p_erasure || jsonb_build_object(
            'root', p_root::oid, 'keys', p_keys, 'steps', to_jsonb(steps), 'salt', v_salt,
            'edges', pydb_internal.erasure_keys(v_walk, v_salt)
        )));
    end if;
    if cardinality(v_walk.parts) > 0 then
        v_before := pydb_internal.cascade_deleted_counts(v_walk);
        v_look := pydb_internal.cascade_plan_command(p_root, p_keys, p_choices);
        v_is_triggered := p_allow_triggers and pydb_internal.cascade_trigger_names(v_walk) is not null;
        -- where triggers may do as they like, PostgreSQL's own order is the outcome, if it is to be had
        if (v_is_triggered or exists (select 1 from unnest(steps) as s where s.order_dependent))
            and p_choices is null and p_archive is null
            and not exists (
                select 1 from unnest(steps) as s
                where s.rows > 0 and (s.kind = 'logical' or 'not_enforced' = any(s.codes))
            )
        then
            perform pydb_internal.cascade_write(v_walk, p_root, v_look);
        else
            perform pydb_internal.cascade_write(v_walk, null, v_look, p_archive);
            beyond := pydb_internal.cascade_verify_counts(
                v_walk, v_before, v_is_triggered or p_allow_triggers, v_look, v_is_triggered
            );
            v_before := case when beyond <> '{}' then v_before end; -- null: all went as planned
        end if;
        if v_is_triggered then
            select jsonb_object_agg(pydb_internal.relation_name(c.relation), c.gone - c.planned) into beyond
            from pydb_internal.cascade_counts(v_walk, v_before) as c
            where c.gone <> c.planned and v_before is not null;
        end if;
    end if;
    steps := pydb_internal.cascade_add_heirs(
        pydb_internal.cascade_steps_done(steps, v_walk, v_before), p_root, p_keys
    );
end
$$;

comment on function pydb_internal.cascade_delete_once(regclass, jsonb, jsonb, boolean, boolean, bigint, jsonb) is
'One attempt at a cascade delete: its steps with what was done, and what triggers deleted beyond them. p_erasure: what
the ledger is to say of it before the first row goes, with the id of that entry; null = it is no erasure.';

revoke all on function pydb_internal.cascade_delete_once(regclass, jsonb, jsonb, boolean, boolean, bigint, jsonb)
    from public;
