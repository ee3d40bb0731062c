-- pydb.orphan_restore: bring back what a repair put into quarantine; conflicts stay there and are reported.
-- reads pydb.job_run   writes the tables, pydb.orphan_quarantine, pydb.audit_log   locks what it writes
-- raises YD003 YD005 YD007 YD015 YD404 YD405, and what an insert raises beside constraints
create or replace function pydb.orphan_restore(
    p_run_id bigint,
    p_dry_run boolean default false,
    p_search_path name[] default null
)
returns table (reference text, relation text, rows bigint, restored bigint, conflicts bigint, reason text)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_group record;
    v_ids bigint[];
    v_id bigint;
    v_said text;
begin
    perform pydb_internal.run_check_read_write();
    if not exists (select 1 from pydb.job_run as r where r.id = p_run_id and r.subject like 'repair %') then
        raise exception using errcode = 'YD405', message = format('there is no repair with run id %s', p_run_id),
            detail = 'Only what a repair put into quarantine can be brought back.',
            hint = 'select distinct run_id, reference from pydb.orphan_quarantine;';
    end if;
    for v_group in
        select q.reference, q.target, q.target_name, q.types, array_agg(q.id order by q.id) as ids
        from pydb.orphan_quarantine as q
        where q.run_id = p_run_id
        group by q.reference, q.target, q.target_name, q.types
        order by min(q.id)
    loop
        perform pydb_internal.relation_check_names(array[v_group.target]);
        perform pydb_internal.orphan_check_restore(v_group.target, v_group.target_name, v_group.types);
        reference := v_group.reference;
        relation := pydb_internal.relation_name(v_group.target);
        perform pydb_internal.application_pin(p_search_path, v_group.target);
        rows := cardinality(v_group.ids);
        restored := 0;
        reason := null;
        for v_from in 1 .. cardinality(v_group.ids) by 500 loop
            v_ids := v_group.ids[v_from:v_from + 499];
            v_said := pydb_internal.orphan_restore_rows(v_group.target, v_ids, p_dry_run);
            if v_said is null then
                restored := restored + cardinality(v_ids);
                continue;
            end if;
            foreach v_id in array v_ids loop
                v_said := pydb_internal.orphan_restore_rows(v_group.target, array[v_id], p_dry_run);
                if v_said is null then
                    restored := restored + 1;
                else
                    reason := coalesce(reason, v_said);
                end if;
            end loop;
        end loop;
        conflicts := rows - restored;
        if restored > 0 and not p_dry_run then
            perform pydb_internal.audit_say('orphan_restore', reference, jsonb_build_object(
                'relation', relation, 'restored', restored, 'conflicts', conflicts
            ), p_run_id);
        end if;
        return next;
    end loop;
    perform pydb_internal.application_pin(null, null); -- the caller's transaction goes on
end
$$;

comment on function pydb.orphan_restore(bigint, boolean, name[]) is
'Brings the rows of one run back from the quarantine, as they were; one row a table with restored, conflicts (the key
exists again, a constraint refuses it) and the first reason. Conflicts stay in quarantine; a second call finds only
those. Columns that were added since take their default; YD405 if one is gone or has another type. p_dry_run does the
same and takes it back. p_search_path: schemas in which triggers look for names.';

revoke all on function pydb.orphan_restore(bigint, boolean, name[]) from public;
