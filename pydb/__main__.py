"""Entry point of the ``pydb`` command: answers ``--version`` before anything heavy is imported."""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    argv = sys.argv[1:]
    if argv == ["--version"]:
        from pydb import __version__

        print(f"pydb {__version__}")  # noqa: T201
        return
    from pydb.cli import main as run

    sys.exit(run(argv))


if __name__ == "__main__":
    main()
