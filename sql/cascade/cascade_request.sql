-- pydb.cascade_request: store a cascade delete as a job, with its exact plan, to be run in batches.
-- reads the root and what references it   writes pydb.cascade_job, pydb.audit_log, pydb.erasure
-- locks what it tries until undone
-- raises YD001 YD002 YD003 YD004 YD005 YD007 YD015 YD301 YD302 YD304 YD305 YD601 YD602
create or replace function pydb.cascade_request(
    p_root regclass default null,
    p_keys jsonb default null,
    p_edges jsonb default null,
    p_entity text default null,
    p_approval boolean default null,
    p_grace interval default null,
    p_reason text default null,
    p_allow_unindexed boolean default false,
    p_allow_triggers boolean default false,
    p_archive boolean default null,
    p_deadline interval default null,
    p_replay_of uuid default null,
    p_search_path name[] default null,
    p_purge boolean default false
)
returns pydb.cascade_job
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.cascade_job_store(pydb_internal.draft_add('cascade_job', jsonb_build_object(
        'root', p_root::oid, 'keys', p_keys, 'edges', p_edges, 'entity', p_entity, 'approval', p_approval,
        'grace', p_grace, 'reason', p_reason, 'allow_unindexed', p_allow_unindexed,
        'allow_triggers', p_allow_triggers, 'archive', p_archive, 'deadline', p_deadline, 'replay_of', p_replay_of,
        'search_path', to_jsonb(p_search_path), 'purge', p_purge
    )));
end
$$;

comment on function pydb.cascade_request(
    regclass, jsonb, jsonb, text, boolean, interval, text, boolean, boolean, boolean, interval, uuid, name[], boolean
) is
'Stores a cascade delete as a job: its keys, choices and exact plan. pydb.cascade_run executes it in batches; until it
has started, pydb.cascade_cancel takes it back. p_approval: a second person must approve it first, by
pydb.cascade_approve. p_grace: it starts no earlier than this after now. What the entity asks for holds in any case. A
plan that is blocked is refused (YD302), and so is what a constraint or a trigger refuses: up to cascade_trial_rows rows
are deleted and set, and all of that undone, before it is stored, and again when it starts. p_allow_triggers: accept
what triggers delete beyond the plan, in each batch; column triggered of the job says what that was. Rows that triggers
keep stop it all the same. p_archive: what goes is kept in archives under the id of the run, for pydb.archive_restore
(null: as the entity says, else not). With p_reason and an entity it is an erasure: entered into the ledger
pydb.erasure, to be done until p_deadline after now (setting erasure_deadline). p_replay_of: the erasure that it
repeats. p_search_path: schemas in which triggers and other code of the application look for names (null: as the entity
says, else as the running role does). p_purge: for good: nothing is archived, and what archives and the quarantine hold
of these rows, found by their keys over every reference that deletes, goes first; it needs a reason and an entity.';

revoke all on function pydb.cascade_request(
    regclass, jsonb, jsonb, text, boolean, interval, text, boolean, boolean, boolean, interval, uuid, name[], boolean
) from public;
