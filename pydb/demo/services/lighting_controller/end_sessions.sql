-- What an administrator does after a password has leaked.
select count(pg_terminate_backend(pid)) as ended from pg_stat_activity where usename = 'lighting';
