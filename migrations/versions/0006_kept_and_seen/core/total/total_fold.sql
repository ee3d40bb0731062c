-- pydb_internal.total_fold (total; by run_total_add): make one row of each total that has many, in the caller's
-- transaction.
-- reads and writes pydb.metric_total   locks rows that it deletes; passes over those that somebody else holds
-- raises nothing
create or replace function pydb_internal.total_fold(p_subsystem text, p_subject text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- under another isolation a row that somebody else has just folded would be an error, not one to pass over
    if current_setting('transaction_isolation') <> 'read committed' or (
        select count(*)
        from (
            select from pydb.metric_total as t
            where t.subsystem = p_subsystem and t.subject = p_subject
            limit 101
        ) as u
    ) <= 100 then
        return;
    end if;
    with taken as (
        delete from pydb.metric_total as t
        where t.ctid = any(array(
            select o.ctid from pydb.metric_total as o
            where o.subsystem = p_subsystem and o.subject = p_subject
            for update skip locked
        ))
        returning t.metric, t.label, t.value, t.at
    )

    insert into pydb.metric_total (metric, subsystem, subject, label, value, at)
    select k.metric, p_subsystem, p_subject, k.label, sum(k.value), max(k.at)
    from taken as k
    group by k.metric, k.label;
end
$$;

comment on function pydb_internal.total_fold(text, text) is
'Adds up the rows of a subsystem and a subject once there are more than a hundred: what is read adds up to the same
before and after, and nobody waits for it.';

revoke all on function pydb_internal.total_fold(text, text) from public;
