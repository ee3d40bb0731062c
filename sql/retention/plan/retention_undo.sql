-- pydb_internal.retention_undo (plan): end the sub-block around it, so that the locks of what it has read go with it.
-- reads nothing   writes nothing   locks nothing
-- raises YD902
create or replace function pydb_internal.retention_undo()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using errcode = 'YD902', message = 'a sub-block of pydb ends here',
        detail = 'Its caller catches this: variables stay, locks go.',
        hint = 'Nothing is to be done; whoever sees it has found a defect of pydb.';
end
$$;

comment on function pydb_internal.retention_undo() is
'Raises YD902, which its caller catches: what a survey reads of one partition after the other would fill the lock table
of the server, and nothing of it has to stay as it was read.';

revoke all on function pydb_internal.retention_undo() from public;
