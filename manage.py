#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

# Run from the domain alone: no database, no secrets.
OFFLINE = {"decide"}


def main() -> None:
    """Run the management command named on the command line."""
    if OFFLINE & set(sys.argv[1:2]):
        os.environ.setdefault("HC_OFFLINE", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "healthcode.config.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
