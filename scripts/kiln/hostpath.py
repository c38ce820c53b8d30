"""Paths that the user names on the command line, before anything is packed.

Apart from assemble.py so that a run whose image is cached loads nothing that packs.
"""
from __future__ import annotations

import os
import shutil
from typing import Optional, Tuple

from .errors import STATUS_NOT_EXECUTABLE, STATUS_NOT_FOUND, KilnError


def split_add(text: str) -> Tuple[str, Optional[str]]:
    """The two halves of HOST[:GUEST]; a file whose own name has a colon is taken as it is."""
    if os.path.exists(text) or ':' not in text:
        return text, None
    host, _, guest = text.rpartition(':')
    return host, guest


def find_program(name: str) -> str:
    """The absolute path (links kept) of the program that --exec names."""
    if '/' not in name:
        path = shutil.which(name) or (name if os.path.exists(name) else None)
        if path is None:
            raise KilnError(f'{name}: no such program on this machine', STATUS_NOT_FOUND)
        name = path
    path = os.path.abspath(name)
    if not os.path.lexists(path):
        raise KilnError(f'{path}: no such program on this machine', STATUS_NOT_FOUND)
    if not os.path.exists(path):
        raise KilnError(f'{path}: is a link to nothing ({os.path.realpath(path)})', STATUS_NOT_FOUND)
    if os.path.isdir(path):
        raise KilnError(f'{path}: is a directory, not a program', STATUS_NOT_EXECUTABLE)
    if not os.access(path, os.R_OK):
        raise KilnError(f'{path}: may not be read by this user', STATUS_NOT_EXECUTABLE)
    if not os.stat(path).st_mode & 0o111:
        raise KilnError(f'{path}: is not executable (chmod +x makes it so)', STATUS_NOT_EXECUTABLE)
    return path
