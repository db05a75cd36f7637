"""Where the database lives: from the URL in the settings to a file that can be written.

Standard library only, so that start-up can look at the database before SQLAlchemy is imported.
"""

from __future__ import annotations

import os
from pathlib import Path

from bot.errors import ConfigError

_SCHEMES = ("sqlite+aiosqlite", "sqlite")
_EXAMPLE = "DATABASE_URL must name a file, such as sqlite+aiosqlite:///data/parley.db"


def database_file(url: str) -> Path:
    """The file that a database URL names; three slashes begin a relative path, four an absolute one.

    Raises ConfigError for other databases and for databases in memory, without quoting the URL: it may hold
    a password.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise ConfigError(f"{_EXAMPLE}; it is no URL now")
    if scheme not in _SCHEMES:
        raise ConfigError(f"{_EXAMPLE}; {scheme} is not supported yet")
    host, _, name = rest.partition("/")
    if host or not name or name.startswith((":memory:", "file:")) or "?" in name:
        raise ConfigError(f"{_EXAMPLE}; databases in memory, hosts and options are not supported")
    return Path(name)


def prepare_file(url: str) -> Path:
    """`database_file`, with folder and file made where they are missing, for this user's eyes only.

    Raises ConfigError when they cannot be made or written.
    """
    path = database_file(url)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise ConfigError(f"the database {path} cannot be written: {error.strerror}") from error
    if not os.access(path.parent, os.W_OK):
        raise ConfigError(f"the database's folder {path.parent} cannot be written")
    return path
