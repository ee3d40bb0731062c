"""Archive: what was deleted, kept where it can be put back.

=========================  ================================================================================
:mod:`~.kept`              archives in the database: listed, restored, purged
:mod:`~.export`            export-verify-delete of a policy: writes files while a run deletes what they hold
:mod:`~.noted`             which rows a file must have: places and versions, as the server noted them
:mod:`~.files`             one file: written, made durable, read back
:mod:`~.manifest`          what stands beside a file, and what a manifest says of itself
:mod:`~.verify`            every file of a directory, one named result each
:mod:`~.load`              a file back into a table
:mod:`~.chunks`            files of an application, by the same way
:mod:`~.parquet`           a second, derived file for analysts
:mod:`~.target`            where files go: a directory, or what fsspec knows
:mod:`~.faults`            what is worth another try, and what is not
=========================  ================================================================================
"""
