"""Entry point of the ``pydb`` command: answers ``--version`` before anything heavy is imported."""

import signal
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # a Ctrl-C while modules are imported, or after the end, ends the process as it ends any other
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heard:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    argv = sys.argv[1:]
    if argv == ["--version"]:
        from pydb import __version__

        print(f"pydb {__version__}")  # noqa: T201
        return
    from pydb.cli import main as run

    try:
        if heard:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        code = run(argv)
        if heard:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
