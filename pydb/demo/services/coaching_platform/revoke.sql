-- A deployment that went wrong: the platform may no longer write what it must.
revoke insert on coaching.session from coach_app;
