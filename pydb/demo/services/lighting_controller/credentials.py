"""Who the controller is to the database: a role with a password that stands in a file, and changes."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from pydb import db
from pydb.demo.services.stage import DATABASE, script

if TYPE_CHECKING:
    from pathlib import Path

    from pydb.demo.services.stage import Stage

ROLE = "lighting"


class Credentials:
    """The file with the password, read for each connection: whoever writes it needs to tell nobody."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._file: Path = stage.folder / "password"

    def dsn(self) -> str:
        """How to connect now."""
        return self.with_password(self._file.read_text("utf-8"))

    def with_password(self, password: str) -> str:
        """How to connect with a password."""
        server = self._stage.server
        return (
            f"host={server.host} port={server.port} user={ROLE} dbname={DATABASE} password={password} "
            "application_name=lighting"
        )

    def connect(self) -> db.Connection:
        """A connection with the password of the moment."""
        return db.connect(self.dsn())

    def rotate(self) -> str:
        """Set a new password in the database, then write it down; return the old one, or nothing."""
        old = self._file.read_text("utf-8") if self._file.exists() else ""
        new = secrets.token_urlsafe(24)
        with db.connect(self._stage.dsn) as conn, db.transaction(conn):
            db.run_query(conn, script(__file__, "say_password.sql"), password=new)
            db.run_script(conn, script(__file__, "password.sql"))
        self._file.write_text(new, "utf-8")
        return old


def prepare(stage: Stage) -> Credentials:
    """The role, and a server that asks it for its password."""
    with db.connect(stage.dsn) as conn:
        db.run_script(conn, script(__file__, "prepare.sql"))
        rules = stage.server.data_dir / "pg_hba.conf"
        rules.write_text(f"local all {ROLE} scram-sha-256\n{rules.read_text('utf-8')}", "utf-8")
        db.run_query(conn, script(__file__, "reload.sql"))
    credentials = Credentials(stage)
    credentials.rotate()
    return credentials
