"""Runs the command line: `python -m rnncast`."""

from rnncast.cli import main

if __name__ == "__main__":
    main()
