"""Ports of this machine: takes one to listen on, or says which setting to change. The same for every
platform that people's browsers, or a company's servers, reach over HTTP."""

from __future__ import annotations

import errno
import socket

from bot.errors import ConfigError


def take_port(host: str, port: int, setting: str) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises ConfigError that names `setting`, the variable of
    the port, or BOT_HTTP_HOST."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise ConfigError(_why_not(host, port, setting, error)) from error


def _why_not(host: str, port: int, setting: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{setting}: port {port} on {host} is in use by another program; choose a free one (0: any)"
    if error.errno == errno.EACCES:
        return f"{setting}: port {port} needs more rights than I have; choose one above 1023"
    return f"BOT_HTTP_HOST: {host} cannot be bound here ({error.strerror}); use 127.0.0.1"
