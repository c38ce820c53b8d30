"""Kernels with chosen drivers: scripts/build drivers=NAME,... and run.py --drivers.

A family of drivers is an archive in drivers/drivers.ninja. The kernel with all of them is the variant's own;
one with a choice is linked from the same objects into a folder that its families name.
"""
from __future__ import annotations

import re
from typing import List

from . import paths
from .errors import KilnError

ALL, NONE = 'all', 'none'
FAMILY = re.compile(r'^build \$b/drivers/family/([\w-]+)\.a:', re.M)
TRANSPORTS = ['virtio-mmio', 'virtio-pci']


def families() -> List[str]:
    """The names of all families of drivers."""
    return sorted(FAMILY.findall((paths.ROOT / 'drivers' / 'drivers.ninja').read_text(encoding='ascii')))


def chosen(text: str) -> str:
    """The kernel that a list of families means, as a name of one spelling; '' has all of them."""
    if text in ('', ALL):
        return ''
    known = families()
    wanted = set() if text == NONE else set(text.split(','))
    for name in sorted(wanted - set(known)):
        raise KilnError(f'drivers={text}: no drivers "{name}"; there are {", ".join(known)}, or all, or none')
    if any(name.startswith('virtio-') for name in wanted) and not wanted & set(TRANSPORTS):
        wanted.update(TRANSPORTS)
    return '+'.join(sorted(wanted)) or NONE if wanted != set(known) else ''


def build_file(mode: str, name: str) -> str:
    """The file for ninja -f, from the repository's root; written where a choice needs one of its own."""
    if not name:
        return 'build.ninja'
    into = paths.kernel_folder(mode, name)
    into.mkdir(parents=True, exist_ok=True)
    variant, here = paths.variant(mode).relative_to(paths.ROOT), into.relative_to(paths.ROOT)
    archives = [f'{variant}/drivers/family/{family}.a' for family in name.split('+') if family != NONE]
    # A file of its own, so that the variant's flags stay in its scope.
    (into / 'link.ninja').write_text(f'include ninja/{mode}-flags.ninja\nk = {here}\n'
                                     f'families = {" ".join(archives)}\n'
                                     f'build $k/families: phony {" ".join(archives)}\n'
                                     'include ninja/link.ninja\n', encoding='ascii')
    (into / 'build.ninja').write_text(f'include build.ninja\nsubninja {here}/link.ninja\n', encoding='ascii')
    return f'{here}/build.ninja'


def targets(mode: str, name: str) -> List[str]:
    """What ninja has to make for this kernel."""
    files = [paths.kernel(mode, name), paths.stripped_kernel(mode, name), paths.boot_code(mode)]
    return [str(file.relative_to(paths.ROOT)) for file in files]
