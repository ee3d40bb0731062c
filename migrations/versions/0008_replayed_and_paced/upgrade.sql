-- core: a turn says which other parts came to their end with it
alter type pydb_internal.run_turn add attribute through oid[];

comment on column pydb_internal.run_turn.through is
'Relations whose parts came to their end with this one: where they are the next ones, they have no turn.';
