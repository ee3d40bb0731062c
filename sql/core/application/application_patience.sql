-- pydb_internal.application_patience (application): after how many rows that errors keep a run looks no further.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.application_patience(p_sqlstate text, p_done bigint)
returns bigint
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    -- each costs a subtransaction; where nothing else happens it is no matter of single rows
    select case
        when p_done > 0 then 10000
        when (pydb_internal.run_fault(p_sqlstate)).by_row then 1000
        else 20
    end;
$$;

comment on function pydb_internal.application_patience(text, bigint) is
'How many rows may be kept by errors before a run ends: many where others go (p_done), fewer where none does, few where
the SQLSTATE of the first is one that a row hardly ever raises (a name that is not found, the server).';

revoke all on function pydb_internal.application_patience(text, bigint) from public;
