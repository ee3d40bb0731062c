select set_config('demo.password', %(password)s, true) is not null as said;
