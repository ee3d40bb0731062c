do $$
begin
    if exists (select from pydb.retention_policy as p where p.name = 'idempotency_key') then
        raise exception using errcode = 'YD006', message = 'a policy has the name idempotency_key, which pydb needs',
            detail = 'From this revision on pydb brings a policy of that name along, for its own keys.',
            hint = 'Set yours under another name, then: select pydb.retention_policy_drop(''idempotency_key'');';
    end if;
end
$$;
drop routine pydb._schedule_wanted;
