-- pydb_internal.cascade_purge_parts (purge): the copies that a job has still to purge, as parts
-- of a run, those found last first.
-- reads the root and what references it, the archives, pydb.orphan_quarantine   writes nothing
-- locks nothing above a select
-- raises YD003 YD004 YD005 YD103 YD114 YD301 YD302 YD304 YD602
create or replace function pydb_internal.cascade_purge_parts(p_work pydb_internal.cascade_work)
returns pydb_internal.run_part[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_copy pydb_internal.cascade_copy;
    v_part pydb_internal.run_part;
    v_parts pydb_internal.run_part[] := '{}'::pydb_internal.run_part[];
begin
    for v_copy in
        select c.* from pydb_internal.cascade_copies(
            p_work.root, pydb_internal.cascade_job_keys(p_work.job), p_work.edges,
            pydb_internal.cascade_job_closure(p_work, false)
        ) as c
        order by c.layer desc, c.store
    loop
        v_part := null;
        v_part.strategy := 'purge';
        v_part.relation := v_copy.store;
        for v_part.chunks in execute format(
            'select array[row($2, array_agg(t.ctid), array_agg(t.xmin), %s)::pydb_internal.run_chunk]
            from unnest($1) with ordinality as u (tid, ordinality)
            inner join %s as t on t.ctid = u.tid
            group by u.ordinality / 5000
            order by u.ordinality / 5000', pg_relation_filenode(v_copy.store), pydb_internal.relation_name(v_copy.store)
        ) using v_copy.tids, v_copy.store loop
            v_parts := v_parts || v_part;
        end loop;
    end loop;
    return v_parts;
end
$$;

comment on function pydb_internal.cascade_purge_parts(pydb_internal.cascade_work) is
'Archived and quarantined rows of a job, in parts of at most 5,000 rows of one store; none if there are none.';

revoke all on function pydb_internal.cascade_purge_parts(pydb_internal.cascade_work) from public;
