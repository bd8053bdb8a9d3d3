"""``python -m cnninspect``, and the entry point of the ``cnninspect`` command."""

import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        from cnninspect.cli.app import run

        code = run(sys.argv[1:])
        if "torch" in sys.modules:
            from cnninspect.cli.leaving import leave_soon

            leave_soon(code)
    except KeyboardInterrupt:  # already while the command line itself is being imported
        code = _INTERRUPTED
    sys.exit(code)


if __name__ == "__main__":
    main()
