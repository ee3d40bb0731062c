-- pydb_internal.cascade_log (delete; by cascade_delete): enter a finished cascade delete into the run log and the audit
-- log.
-- writes pydb.job_run, pydb.audit_log   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_log(
    p_root regclass,
    p_entity text,
    p_keys jsonb,
    p_choices jsonb,
    p_steps pydb.cascade_step[],
    p_beyond jsonb,
    p_started timestamptz,
    p_request uuid,
    p_archive bigint default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_subject text := coalesce(p_entity, pydb_internal.relation_name(p_root));
    v_relations jsonb;
    v_rows bigint;
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
    perform pydb_internal.run_log_done(
        'cascade', v_subject, v_rows, v_kept, v_has_heirs, p_started, p_request, jsonb_strip_nulls(jsonb_build_object(
            'relations', v_relations, 'keys', jsonb_array_length(
                case jsonb_typeof(p_keys) when 'object' then jsonb_build_array(p_keys) else p_keys end
            ), 'triggers', nullif(p_beyond, '{}'), 'heirs', nullif(v_has_heirs, false),
            'archived', p_archive is not null or null
        )), 'cascade_delete', jsonb_build_object(
            'root', pydb_internal.relation_name(p_root), 'keys', p_keys, 'edges', p_choices, 'relations', v_relations
        ), p_archive
    );
end
$$;

comment on function pydb_internal.cascade_log(
    regclass, text, jsonb, jsonb, pydb.cascade_step[], jsonb, timestamptz, uuid, bigint
) is 'Logs a cascade delete in its own transaction: if that is rolled back, so is the log.';

revoke all on function pydb_internal.cascade_log(
    regclass, text, jsonb, jsonb, pydb.cascade_step[], jsonb, timestamptz, uuid, bigint
) from public;
