-- pydb.cascade_delete: delete rows with everything that hangs on them, in the caller's transaction: all or nothing.
-- writes the root, what references it, pydb.job_run, pydb.audit_log, pydb.erasure
-- locks the tables (row exclusive) and the rows
-- raises YD001 YD002 YD003 YD004 YD005 YD007 YD015 YD301 YD302 YD304 YD305 YD306 YD307 YD601 YD602 YD603, 40001 where
-- its snapshot is older than a logical reference, and what constraints and triggers do
create or replace function pydb.cascade_delete(
    p_root regclass,
    p_keys jsonb,
    p_edges jsonb default null,
    p_entity text default null,
    p_allow_unindexed boolean default false,
    p_allow_triggers boolean default false,
    p_request uuid default null,
    p_archive boolean default null,
    p_reason text default null,
    p_deadline interval default null,
    p_replay_of uuid default null,
    p_search_path name[] default null
)
returns setof pydb.cascade_step
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set jit = off
as $$
declare
    v_started constant timestamptz := clock_timestamp();
    v_terms record := pydb_internal.cascade_resolve_choices(p_root, p_edges, p_entity);
    v_steps pydb.cascade_step[];
    v_beyond jsonb;
    v_erasure uuid;
    v_try integer := 1;
    v_archive bigint;
begin
    perform pydb_internal.run_check_read_write();
    perform pydb_internal.cascade_check_switch();
    perform pydb_internal.cascade_check_terms(v_terms.root, p_keys, p_entity);
    perform pydb_internal.cascade_check_shape(p_entity);
    perform pydb_internal.application_pin(coalesce(p_search_path, v_terms.search_path), v_terms.root);
    if coalesce(p_archive, v_terms.archive) then
        v_archive := pydb_internal.run_open_within(
            'cascade', coalesce(p_entity, pydb_internal.relation_name(v_terms.root)), p_request
        );
    end if;
    loop
        begin
            v_steps := null;
            select d.steps, d.beyond, d.erasure into v_steps, v_beyond, v_erasure
            from pydb_internal.cascade_delete_once(
                v_terms.root, p_keys, v_terms.choices, p_allow_unindexed, p_allow_triggers, v_archive,
                case when p_entity is not null and p_reason is not null then jsonb_strip_nulls(jsonb_build_object(
                    'entity', p_entity, 'reason', p_reason, 'deadline', p_deadline, 'replay_of', p_replay_of
                )) end
            ) as d;
            exit;
        exception when sqlstate 'YD304' or deadlock_detected then
            -- somebody changed a row between the look and the delete: look again, under a new snapshot
            if v_try >= 3 or current_setting('transaction_isolation') <> 'read committed' then
                raise;
            end if;
            v_try := v_try + 1;
        end;
    end loop;
    perform pydb_internal.application_pin(null, null); -- the caller's transaction goes on
    perform pydb_internal.cascade_log(
        v_terms.root, p_entity, p_keys, v_terms.choices, v_steps, v_beyond, v_started, p_request, v_archive, p_reason,
        v_erasure
    );
    if not exists (select 1 from unnest(v_steps) as s where s.rows > 0) then
        raise notice 'no row of % has such a key: nothing to delete', pydb_internal.relation_name(v_terms.root);
    end if;
    return query select s.* from unnest(v_steps) as s;
end
$$;

comment on function pydb.cascade_delete(
    regclass, jsonb, jsonb, text, boolean, boolean, uuid, boolean, text, interval, uuid, name[]
) is
'Deletes the rows that p_keys names and everything that hangs on them, in one transaction, all or nothing; returns the
rows of pydb.cascade_plan with what was done. Without p_edges and p_entity the outcome is that of a plain DELETE: the
keys'' own actions, the same refusals. With choices, a NO ACTION or RESTRICT key chosen as delete takes its rows along,
and one that is not blocks only if rows outside of the cascade are behind it. Afterwards what went is held against the
plan (YD304 if it differs: nothing is changed). p_allow_unindexed: go on without an index on a large table (YD305).
p_allow_triggers: accept what triggers do beyond the plan: rows that they delete, and without choices also rows that
they keep, as a plain DELETE does; column done and detail (triggers) of the run say what went. Where an entity of the
root wants approval or a grace period it refuses (YD306): request a job. Keys without a row are no error. Deferred
constraints are checked before it returns, and are immediate for the rest of the transaction. p_archive: every row that
goes is kept in an archive, or nothing goes (null: as the entity says, else not); pydb.archive_restore brings back what
its run took. p_reason: why, in words. With an entity it makes the delete an erasure: entered into the ledger
pydb.erasure before the first row goes, to be done until p_deadline after now (setting erasure_deadline), looked for
again at its end; pydb.cascade_receipt gives the proof. p_replay_of: the erasure that it repeats. p_search_path:
schemas in which triggers and other code of the application look for names (null: as the entity says, else as the
running role does).';

revoke all on function pydb.cascade_delete(
    regclass, jsonb, jsonb, text, boolean, boolean, uuid, boolean, text, interval, uuid, name[]
) from public;
