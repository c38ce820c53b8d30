"""Fills a tree from modules, from a program of this machine, and from --add."""
from __future__ import annotations

import glob
import os
import shutil
from typing import List

from . import elf, paths
from .closure import closure
from .errors import STATUS_NOT_EXECUTABLE, STATUS_NOT_FOUND, KilnError
from .hostpath import split_add
from .manifest import Files, Manifest, load
from .packages import STATUS, Database, link_chain
from .tree import Tree

MAX_INTERPRETERS = 4        # as Linux: a script's interpreter may itself be a script, four times


def add_base(tree: Tree) -> None:
    """The module `base`, which every image has."""
    add_module(tree, load(paths.MODULES / 'base'))


def add_defaults(tree: Tree) -> None:
    """What an image has unless somebody gave it another: the guest learns its name servers when it starts, and
    /run is where it can write."""
    if '/etc/resolv.conf' not in tree.nodes:
        tree.add_link('/etc/resolv.conf', '../run/resolv.conf', 'every image')


def add_module(tree: Tree, module: Manifest) -> None:
    """All that one module.toml names, except packages and other modules."""
    tree.inputs.add(str(module.file))
    for link in module.symlinks:
        tree.add_link(link.path, link.target, link.origin)
    for folder in module.folders:
        tree.add_dir(folder.name, origin=folder.origin)
    for folder in module.writable:
        tree.add_dir(folder.name, 0o1777, folder.origin)
    for host in module.host:
        if os.path.exists(host.path):
            tree.add_host(host.path, host.origin, host.to or None)
            if elf.is_elf(host.path) and not host.to:
                add_closure(tree, host.path, host.origin)
        elif host.optional:
            tree.inputs.add(host.path)          # when it appears one day, the image is out of date
        else:
            raise KilnError(f'{host.origin}: {host.path} is not on this machine')
    for files in module.files:
        add_files(tree, module, files)


def add_files(tree: Tree, module: Manifest, files: Files) -> None:
    """What a pattern matches, below or at a guest path; programs bring their libraries."""
    found = sorted(glob.glob(files.pattern, root_dir=module.folder, recursive=True))
    if not found:
        raise KilnError(f'{files.origin}: nothing matches "{files.pattern}" in {module.folder}')
    if len(found) > 1 and not files.to.endswith('/'):
        raise KilnError(f'{files.origin}: "{files.pattern}" matches {len(found)} files, so "to" must be '
                        'a folder that ends with /')
    for name in found:
        host = str(module.folder / name)
        guest = files.to + os.path.basename(name) if files.to.endswith('/') else files.to
        tree.inputs.add(os.path.dirname(host))
        tree.add_host(host, files.origin, guest)
        if elf.is_elf(host):
            add_closure(tree, host, files.origin)


def add_closure(tree: Tree, program: str, origin: str) -> None:
    """The interpreter and the libraries of an ELF file."""
    for path in closure(program, origin):
        tree.add_host(path, origin)


def add_extra(tree: Tree, text: str) -> None:
    """--add HOST[:GUEST]; programs bring their libraries."""
    host, guest = split_add(text)
    if not os.path.exists(host):
        raise KilnError(f'--add {text}: {host} does not exist')
    if guest is not None and not guest.startswith('/'):
        raise KilnError(f'--add {text}: the guest path "{guest}" must be absolute')
    origin = f'--add {text}'
    host = os.path.abspath(host)
    if guest is not None and guest.endswith('/') and not os.path.isdir(host):
        guest += os.path.basename(host)
    tree.add_host(host, origin, guest)
    if os.path.isfile(host) and elf.is_elf(host) and os.access(host, os.X_OK):
        add_closure(tree, host, origin)


def add_program(tree: Tree, path: str, depth: int = 0) -> List[str]:
    """A program of this machine with all it needs; returns the packages that were packed for it."""
    origin = f'--exec {path}'
    real = os.path.realpath(path)
    tree.inputs.add(path)
    tree.add_host(path, origin)
    if elf.is_elf(real):
        add_closure(tree, real, origin)
        return add_packages(tree, path)
    with open(real, 'rb') as file:
        first = file.read(256)
    if not first.startswith(b'#!'):
        raise KilnError(f'{path}: is neither an ELF program nor a script with #!', STATUS_NOT_EXECUTABLE)
    if depth == MAX_INTERPRETERS:
        raise KilnError(f'{path}: its interpreters are scripts, more than {MAX_INTERPRETERS} deep',
                        STATUS_NOT_EXECUTABLE)
    packed = add_packages(tree, path)
    for interpreter in script_interpreters(path, first):
        packed += [name for name in add_program(tree, interpreter, depth + 1) if name not in packed]
    return packed


def script_interpreters(path: str, first: bytes) -> List[str]:
    """The programs that run a script: the one after #!, and what env looks for if it is env."""
    words = os.fsdecode(first[2:].split(b'\n')[0]).split()
    if not words or not words[0].startswith('/'):
        raise KilnError(f'{path}: names no interpreter after #!', STATUS_NOT_EXECUTABLE)
    if not os.path.exists(words[0]):
        raise KilnError(f'{path}: its interpreter {words[0]} is not on this machine', STATUS_NOT_FOUND)
    result = [words[0]]
    if os.path.basename(words[0]) == 'env':
        names = [word for word in words[1:] if not word.startswith('-') and '=' not in word]
        found = shutil.which(names[0]) if names else None
        if found is None:
            wanted = names[0] if names else 'after env'
            raise KilnError(f'{path}: its interpreter {wanted} is not on this machine', STATUS_NOT_FOUND)
        result.append(found)
    return result


def add_packages(tree: Tree, program: str) -> List[str]:
    """The files of the installed packages behind a program."""
    database = Database()
    tree.inputs.add(STATUS)
    names = database.behind(link_chain(program))
    for name in names:
        for path in database.files(name):
            add_installed(tree, path, f'package {name}')
    return names


def add_installed(tree: Tree, path: str, origin: str) -> None:
    """One path of a package's list; what the machine's owner has removed is passed over."""
    if os.path.islink(path):
        parent = tree.resolve(os.path.dirname(os.path.realpath(os.path.dirname(path)) + '/x'))
        tree.inputs.add(path)
        tree.add_link(f'{parent.rstrip("/")}/{os.path.basename(path)}', os.readlink(path), origin)
    elif os.path.isdir(path):
        tree.add_dir(path, os.stat(path).st_mode & 0o7777, origin)
    elif os.path.isfile(path) and os.access(path, os.R_OK):
        tree.add_host(path, origin)
        if path.endswith('.py'):
            folder, name = os.path.split(path[:-len('.py')])
            for compiled in glob.glob(f'{folder}/__pycache__/{name}.*.pyc'):
                tree.add_host(compiled, origin)
