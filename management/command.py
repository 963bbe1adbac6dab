"""What every command of the console has in common: an example in its help, and errors of one line."""

import argparse

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter

from accounts.errors import Refused


class HelpFormatter(DjangoHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Django's order of options, with the example's lines as they are written."""


class DriftCommand(BaseCommand):
    """A command with an `example`, which ends with one line and exit code 1 for what is refused in the present state.

    Wrong use is `wrong_use`, exit code 2, as for a bad option.
    """

    example: str

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: object) -> CommandParser:
        kwargs.setdefault("epilog", f"example:\n  {self.example}")
        kwargs.setdefault("formatter_class", HelpFormatter)
        return super().create_parser(prog_name, subcommand, **kwargs)

    def execute(self, *args: object, **options: object) -> str | None:
        try:
            return super().execute(*args, **options)
        except Refused as error:
            raise CommandError(error.detail, returncode=1) from None


def wrong_use(message: str) -> CommandError:
    """Give the error of a command that was called in a way that can never work: one line, exit code 2."""
    return CommandError(message, returncode=2)
