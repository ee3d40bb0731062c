-- pydb.erasure_verify_edges: look for what was erased, edge by edge, in the live tables, the archives and the
-- quarantine.
-- reads pydb.erasure, pydb.entity, the roots and what references them, the archives, pydb.orphan_quarantine
-- writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb.erasure_verify_edges(p_id uuid default null, p_job bigint default null)
returns table (
    id uuid,
    entity text,
    job bigint,
    relation text,
    via text,
    place text,
    state text,
    rows bigint,
    keys bigint,
    reason text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tasks constant pydb_internal.erasure_task[] := array(
        select t from pydb_internal.erasure_tasks(array(
            select e from pydb_internal.erasure_entries(p_id) as e
            where e.state = 'completed' and (p_job is null or e.job = p_job)
        )) as t
    );
    v_group record;
    v_hashes bytea[];
    v_rows bigint[];
    v_problem text;
begin
    return query
    select t.id, t.entity, t.job, t.relation, t.reference, 'live', 'unverifiable', null::bigint, t.keys, t.reason
    from unnest(v_tasks) as t
    where t.reason is not null;
    for v_group in -- one scan, not one an entry
        select
            (array_agg(t.edge))[1] as edge, t.reference, t.salt, array_agg(t.id) as ids, s.place, s.store,
            array(
                select distinct h.hash from unnest(v_tasks) as u cross join lateral unnest(u.hashes) as h (hash)
                where u.id = any(array_agg(t.id)) and u.reference is not distinct from t.reference
            ) as hashes
        from unnest(v_tasks) as t
        cross join lateral pydb_internal.erasure_stores((t.edge).child) as s
        where t.reason is null and (t.edge).child is not null
        group by t.reference, (t.edge).child, (t.edge).child_columns, t.salt, s.place, s.store
    loop
        v_problem := null;
        v_hashes := null;
        begin
            select array_agg(f.hash), array_agg(f.rows) into v_hashes, v_rows
            from pydb_internal.erasure_scan(v_group.edge, v_group.store, v_group.salt, v_group.hashes) as f;
        exception when insufficient_privilege or sqlstate 'YD005' or sqlstate 'YD103' or sqlstate 'YD114'
            or sqlstate 'YD602' or undefined_table or undefined_column or data_exception
        then
            v_problem := sqlerrm;
        end;
        return query
        select
            t.id, t.entity, t.job, coalesce(pydb_internal.relation_name(v_group.store), t.relation), t.reference,
            v_group.place, case
                when v_problem is not null then 'unverifiable'
                when f.rows = 0 then 'verified'
                when v_group.store is not null and not t.purge then 'kept'
                else 'found'
            end, case when v_problem is null then f.rows end, t.keys, v_problem
        from unnest(v_tasks) as t
        cross join lateral (
            select coalesce(sum(u.rows), 0)::bigint as rows from unnest(v_hashes, v_rows) as u (hash, rows)
            where u.hash = any(t.hashes)
        ) as f
        where t.reason is null and t.id = any(v_group.ids) and t.reference is not distinct from v_group.reference
            and (t.edge).child_columns = (v_group.edge).child_columns;
    end loop;
end
$$;

comment on function pydb.erasure_verify_edges(uuid, bigint) is
'One row for each completed erasure (or one, by its id or its job), edge and place (live, archive, quarantine): state
verified (no row names an erased key), found (rows do), kept (copies of an erasure that was not for good) or
unverifiable (reason says why). via null: rows of the root by their own key. Levels below the root are looked through by
the salted hashes of their keys that the ledger keeps. keys: how many were looked for.';

revoke all on function pydb.erasure_verify_edges(uuid, bigint) from public;
