"""Starts the command line: `python -m rnncast`, and `rnncast` itself."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the program; Ctrl-C while it is still being loaded is quiet too."""
    try:
        from rnncast import cli

        cli.main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
