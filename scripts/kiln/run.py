"""run.py's main(): options -> image -> machine -> session -> status."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from . import assemble, bootline, cache, erofs, options, paths, qemu, terminal
from .errors import KilnError
from .session import Options, Session
from .tree import Tree

ENVIRONMENT = {'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/root',
               'LANG': 'C.UTF-8'}


def main(argv: List[str]) -> int:
    """Everything, with user errors as one line."""
    terminal.open_standard_streams()
    try:
        chosen, command = options.parse(argv)
        return run(chosen, command)
    except KilnError as error:
        print(f'kiln: {error.line}', file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        return 130


def run(chosen: Namespace, command: Optional[List[str]]) -> int:
    """One run."""
    image, argv = find_image(chosen, command)
    with tempfile.TemporaryDirectory(prefix='kiln-') as scratch:
        machine = make_machine(chosen, image, argv, Path(scratch))
        if chosen.dry_run:
            print(machine.plain())
            return 0
        if chosen.gdb is not None:
            print(f'kiln: waiting for gdb: gdb {paths.kernel(chosen.mode)} -ex "target remote :{chosen.gdb}"',
                  file=sys.stderr)
        session = Session(machine, Options(chosen.verbose, chosen.timeout, paths.kernel(chosen.mode),
                                           keeps_disk=chosen.disk is not None))
        status = session.run()
    if status not in (0, 124):
        hint_at_missing_files(argv, chosen.cwd or '/', image['paths'])
    if chosen.stats:
        print(json.dumps(session.stats()), file=sys.stderr)
    return status


def find_image(chosen: Namespace, command: Optional[List[str]]) -> Tuple[Dict, List[str]]:
    """The recipe of the image to boot and the program's argument vector."""
    if chosen.exec is None:
        raise KilnError('nothing to run: give --exec PROGRAM')
    program = assemble.find_program(chosen.exec)
    adds = [[text, os.path.abspath(assemble.split_add(text)[0])] for text in chosen.add]
    key = cache.recipe_key('exec', program, adds)
    recipe = cache.recall(key)
    if recipe is None:
        tree = Tree()
        assemble.add_base(tree)
        assemble.add_program(tree, program)
        for text in chosen.add:
            assemble.add_extra(tree, text)
        recipe = cache.remember(key, tree, cache.image_of(tree, 'erofs', erofs.make))
    return recipe, [program, *(command or [])]


def make_machine(chosen: Namespace, image: Dict, argv: List[str], scratch: Path) -> qemu.Machine:
    """The machine for this image."""
    file = Path(image['image'])
    in_ram = chosen.root == 'ram' or (chosen.root is None and file.stat().st_size <= chosen.memory // 4)
    machine = qemu.Machine(chosen.machine, 'tcg' if chosen.icount else qemu.choose_accel(chosen.accel),
                           chosen.memory, chosen.cpus, icount=chosen.icount, gdb=chosen.gdb)
    machine.kernel = paths.kernel(chosen.mode) if chosen.dry_run else ready_kernel(chosen.mode)
    if in_ram:
        machine.ram_root = file
    else:
        machine.disks.append(qemu.Disk(file))
    if chosen.disk is not None:
        machine.disks.append(data_disk(chosen.disk))
    pairs = [('kiln.root', 'ram' if in_ram else 'disk'), *terminal.boot_words(),
             *bootline.program(argv, environment(chosen), chosen.cwd or '/')]
    if chosen.verbose:
        pairs.insert(0, ('kiln.verbose', ''))
    set_command_line(machine, bootline.words(pairs), scratch)
    return machine


def set_command_line(machine: qemu.Machine, words: List[str], scratch: Path) -> None:
    """The words on the kernel's command line, or in a fw_cfg file where they are too long for it."""
    line = ' '.join(words)
    if len(line) > bootline.LIMIT:
        file = scratch / 'config'
        file.write_text(line, encoding='ascii')
        machine.fw_cfg[bootline.CONFIG_NAME] = file
        line = bootline.CONFIG_IN_FW_CFG
    machine.command_line = line


def environment(chosen: Namespace) -> Dict[str, str]:
    """The program's environment: nothing is inherited but TERM."""
    result = dict(ENVIRONMENT)
    result['TERM'] = os.environ.get('TERM', 'dumb')
    result.update(chosen.env)
    return result


def data_disk(name: str) -> qemu.Disk:
    """--disk: a file of whole sectors that may be written."""
    file = Path(name)
    if not file.is_file():
        raise KilnError(f'--disk {name}: no such file (make one with truncate -s 64M {name})')
    if not os.access(file, os.R_OK | os.W_OK):
        raise KilnError(f'--disk {name}: may not be read and written by this user')
    if file.stat().st_size == 0 or file.stat().st_size % 512:
        raise KilnError(f'--disk {name}: its size, {file.stat().st_size} bytes, is not a number of 512-byte sectors')
    return qemu.Disk(file.resolve(), throw_away=False)


def ready_kernel(mode: str) -> Path:
    """kernel.elf of this mode, built if it is not there."""
    kernel = paths.kernel(mode)
    if not kernel.exists() and 'KILN_QEMU' not in os.environ:
        target = str(kernel.relative_to(paths.ROOT))
        try:
            done = subprocess.run(['ninja', '-f', 'build.ninja', target], cwd=paths.ROOT, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        except FileNotFoundError as error:
            raise KilnError('ninja is missing: install the package ninja-build (scripts/setup does)') from error
        if done.returncode != 0:
            print(done.stdout, file=sys.stderr)
            raise KilnError(f'the kernel could not be built (ninja {target})')
    return kernel


def hint_at_missing_files(argv: List[str], cwd: str, guest_paths: List[str]) -> None:
    """One line if a failed program was given a file of this machine that its image does not hold."""
    there = set(guest_paths)
    for word in argv[1:]:
        host = os.path.abspath(word)
        guest = os.path.normpath(os.path.join(cwd, word))
        if word and not word.startswith('-') and os.path.exists(host) and guest not in there:
            where = host if guest == host else f'{host}:{guest}'
            print(f'kiln: {word} is a file of this machine that is not in the image; to put it there: --add {where}',
                  file=sys.stderr)
            return


