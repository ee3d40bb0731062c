-- A report by hand, that somebody went to lunch with.
set application_name = 'report by hand';
begin;
lock table coaching.athlete in access exclusive mode;
