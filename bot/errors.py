"""The errors that end a program, each with its exit code and one clear line.

UndertowError              1
├── SettingsError          2   a setting is missing, unknown or malformed
├── OutsideError               something outside this program failed
│   └── NoExchangeError    3   no exchange could be reached
├── DatabaseError          4   the database is unreachable or unusable
│   └── SchemaTooNewError  4   a newer program has migrated it
└── TokenError             5   Discord refused the token
"""


class UndertowError(Exception):
    """The base of all: `str(error)` is one line that a user can act on."""

    exit_code = 1


class SettingsError(UndertowError):
    """A setting is missing, unknown or malformed; the line names it and what is accepted."""

    exit_code = 2


class OutsideError(UndertowError):
    """An outside system failed: the line names the host and why; one section degrades."""


class NoExchangeError(OutsideError):
    """No exchange could be reached; the line names the hosts and why each failed."""

    exit_code = 3


class DatabaseError(UndertowError):
    """The database is unreachable or unusable; the line never holds its password."""

    exit_code = 4


class SchemaTooNewError(DatabaseError):
    """The database was migrated by a newer program than this one."""


class TokenError(UndertowError):
    """Discord refused the token; the line never shows it."""

    exit_code = 5
