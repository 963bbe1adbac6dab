#!/usr/bin/env python
"""DRIFT's command line: `python manage.py help` lists the commands."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drift_site.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A setting is missing or wrong: its name is all a person needs, a traceback hides it.
        sys.exit(f"Configuration: {error}")


if __name__ == "__main__":
    main()
