-- pydb_internal.orphan_check_rights (check): refuse before the start what could not be trusted or would fail in the
-- middle.
-- reads the catalog   writes nothing   locks nothing
-- raises YD001 YD005 YD014 YD103 YD114 YD402 YD404
create or replace function pydb_internal.orphan_check_rights(p_edge pydb_internal.reference_edge, p_rights text[])
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_unfit record;
    v_effect constant text := case
        when 'DELETE' = any(p_rights) then 'delete' when 'UPDATE' = any(p_rights) then 'update'
    end;
    v_published record;
begin
    if current_setting('session_replication_role') = 'replica' then
        raise exception using errcode = 'YD001', message = 'session_replication_role is replica',
            detail = 'Foreign keys and triggers are off in this session: repairs would make new orphans.',
            hint = 'set session_replication_role = origin;';
    elsif p_edge.child is null then
        raise exception using errcode = 'YD402', message = 'the reference cannot be followed',
            detail = 'A table or a column of it is gone.', hint = 'select * from pydb.reference_list;';
    end if;
    select u.* into v_unfit from pydb_internal.orphan_problem(p_edge, p_rights) as u;
    if v_unfit.code = 'YD402' then
        raise exception using errcode = 'YD402', message = format('reference %s cannot be followed', p_edge.reference),
            detail = v_unfit.reason, hint = v_unfit.cure;
    elsif v_unfit.code = 'YD005' then
        raise exception using errcode = 'YD005',
            message = format('%s lacks privileges on the tables of %s', current_user, p_edge.reference),
            detail = v_unfit.reason, hint = v_unfit.cure;
    elsif v_unfit.code in ('YD103', 'YD114') then
        raise exception using errcode = v_unfit.code,
            message = format('the condition of reference %s may not run', p_edge.reference),
            detail = v_unfit.reason, hint = v_unfit.cure;
    elsif v_unfit.code is not null then
        raise exception using errcode = 'YD404',
            message = format('row-level security hides rows of %s', p_edge.reference),
            detail = v_unfit.reason, hint = v_unfit.cure;
    end if;
    if v_effect is not null then
        select p.* into v_published from pydb_internal.reference_publications(p_edge.child, v_effect) as p limit 1;
        if found then
            raise exception using errcode = 'YD014', message = v_published.warning,
                detail = 'The server refuses the first row.', hint = v_published.cure;
        end if;
    end if;
end
$$;

comment on function pydb_internal.orphan_check_rights(pydb_internal.reference_edge, text[]) is
'Raises YD005 for missing privileges (GRANT statements in the hint), YD404 for row-level security, YD402 for a kind of
relation that cannot be handled, YD014 for publications that refuse the change, YD001 in a session without foreign
keys.';

revoke all on function pydb_internal.orphan_check_rights(pydb_internal.reference_edge, text[]) from public;
