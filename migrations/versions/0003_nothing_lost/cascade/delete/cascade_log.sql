-- pydb_internal.cascade_log (delete; by cascade_delete): enter a finished cascade delete into the run log and the audit
-- log.
-- reads the root and what references it by a logical reference   writes pydb.job_run, pydb.audit_log, pydb.erasure
-- locks nothing
-- raises YD103 YD114 YD301 YD901
create or replace function pydb_internal.cascade_log(
    p_root regclass,
    p_entity text,
    p_keys jsonb,
    p_choices jsonb,
    p_steps pydb.cascade_step[],
    p_beyond jsonb,
    p_started timestamptz,
    p_request uuid,
    p_archive bigint default null,
    p_reason text default null,
    p_erasure uuid default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_subject text := coalesce(p_entity, pydb_internal.relation_name(p_root));
    v_relations jsonb;
    v_rows bigint;
    v_run bigint;
    v_remaining bigint;
    v_kept constant bigint := (
        select coalesce(- sum(b.value::bigint), 0)::bigint from jsonb_each_text(p_beyond) as b where b.value::bigint < 0
    );
    v_has_heirs constant boolean := exists (select from unnest(p_steps) as s where 'heirs' = any(s.codes));
begin
    select jsonb_object_agg(f.relation, f.rows), coalesce(sum(f.rows), 0)::bigint into v_relations, v_rows
    from (
        select s.relation, sum(s.done) as rows from unnest(p_steps) as s
        where s.action = 'delete' and s.done > 0
        group by s.relation
    ) as f;
    v_run := pydb_internal.run_log_done(
        'cascade', v_subject, v_rows, v_kept, v_has_heirs, p_started, p_request, jsonb_strip_nulls(jsonb_build_object(
            'relations', v_relations, 'keys', jsonb_array_length(
                case jsonb_typeof(p_keys) when 'object' then jsonb_build_array(p_keys) else p_keys end
            ), 'triggers', nullif(p_beyond, '{}'), 'heirs', nullif(v_has_heirs, false),
            'archived', p_archive is not null or null, 'erasure', p_erasure
        )), 'cascade_delete', jsonb_build_object(
            'root', pydb_internal.relation_name(p_root), 'edges', p_choices, 'relations', v_relations
        ) || case
            -- what is evidence for ever has no key of somebody who was erased
            when p_erasure is null then jsonb_build_object('keys', p_keys) else jsonb_build_object('erasure', p_erasure)
        end || jsonb_strip_nulls(jsonb_build_object('reason', p_reason)), p_archive
    );
    if p_erasure is not null then
        v_remaining := (
            select coalesce(sum(cardinality(s.tids)), 0) from unnest(
                pydb_internal.cascade_root_rows(p_root, p_keys)
                || case when p_keys not in ('[]') then
                    pydb_internal.cascade_late_rows(p_root, case jsonb_typeof(p_keys)
                        when 'object' then jsonb_build_array(p_keys) else p_keys end, p_choices) end
            ) as s
        )::bigint;
        perform pydb_internal.erasure_finish(p_erasure, v_run, v_remaining);
    end if;
end
$$;

comment on function pydb_internal.cascade_log(
    regclass, text, jsonb, jsonb, pydb.cascade_step[], jsonb, timestamptz, uuid, bigint, text, uuid
) is
'Logs a cascade delete in its own transaction: if that is rolled back, so is the log. p_erasure: its entry in the
ledger, which is completed after another look for its rows.';

revoke all on function pydb_internal.cascade_log(
    regclass, text, jsonb, jsonb, pydb.cascade_step[], jsonb, timestamptz, uuid, bigint, text, uuid
) from public;
