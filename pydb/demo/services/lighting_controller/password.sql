-- The new password of the application; it comes as a parameter of this transaction, for a statement takes none.
do $password$
begin
    execute format('alter role lighting password %L', current_setting('demo.password'));
end
$password$;
