select count(*) as waiting from pg_catalog.pg_locks where relation = 'coaching.athlete'::regclass and not granted;
