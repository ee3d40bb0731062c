-- pydb_internal.orphan_close_wait (close; by orphan_close): rest before the next try for a lock, or give up.
-- reads nothing   writes nothing   locks nothing
-- raises YD408
create or replace function pydb_internal.orphan_close_wait(p_plan jsonb, p_step text, p_deadline timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if clock_timestamp() > p_deadline then
        raise exception using errcode = 'YD408',
            message = format('reference %s: no lock on %s', p_plan ->> 'reference', p_plan ->> 'child'),
            detail = format('Not done: %s', p_plan ->> p_step),
            hint = format('With more patience: call pydb.orphan_close(%L, ''10 min'');', p_plan ->> 'reference');
    end if;
    perform pg_sleep(0.1 + random() * 0.4);
end
$$;

comment on function pydb_internal.orphan_close_wait(jsonb, text, timestamptz) is
'Sleeps 0.1 to 0.5 s at random; YD408 after the deadline.';

revoke all on function pydb_internal.orphan_close_wait(jsonb, text, timestamptz) from public;
