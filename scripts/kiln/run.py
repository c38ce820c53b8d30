"""run.py's main(): options -> image -> machine -> session -> status."""
from __future__ import annotations

import json
import os
import sys
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import List, Optional, Tuple

from . import (bootline, disk, image, kernels, memory, network, options, paths, qcow2, qemu, terminal,
               virtualbox, xen)
from .errors import STATUS_TIMEOUT, KilnError
from .image import Image
from .session import Options, Session
from .vm import Vm


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
    booted, program = find_image(chosen, command)
    chosen.drivers = kernels.chosen(drivers_of(chosen))
    with tempfile.TemporaryDirectory(prefix='kiln-') as scratch:
        if chosen.hypervisor == 'virtualbox':
            virtualbox.check_present()
            machine, launch = make_virtualbox(chosen, booted, program, Path(scratch)), virtualbox.VirtualBox
        elif chosen.hypervisor == 'xen':
            xen.check_present()
            machine, launch = make_xen(chosen, booted, program, Path(scratch)), xen.Xen
        else:
            machine, launch = make_machine(chosen, booted, program, keep_or(scratch, chosen.dry_run)), Vm
        if chosen.dry_run:
            print(machine.plain())
            return 0
        network.check(machine.card)
        if chosen.gdb is not None:
            print(f'kiln: waiting for gdb: gdb {kernel_of(chosen)} -ex "target remote :{chosen.gdb}"',
                  file=sys.stderr)
        session = Session(machine, Options(chosen.verbose, chosen.timeout, kernel_of(chosen),
                                           keeps_disk=chosen.disk is not None), launch)
        status = session.run()
    if status not in (0, STATUS_TIMEOUT) and booted.paths is not None:
        hint_at_missing_files(program, booted.paths)
    if chosen.stats:
        print(json.dumps(session.stats()), file=sys.stderr)
    return status


def drivers_of(chosen: Namespace) -> str:
    """The drivers that this run asks for, or those of the image built last if that is what runs."""
    if chosen.drivers is not None or chosen.exec is not None or chosen.image is not None:
        return chosen.drivers or kernels.ALL
    return image.built_last().get('drivers', '').replace('+', ',')


def kernel_of(chosen: Namespace) -> Path:
    """The kernel of this run, with symbols."""
    return paths.kernel(chosen.mode, chosen.drivers)


def keep_or(scratch: str, dry_run: bool) -> Path:
    """The folder for a run's own files; those that --dry-run names must outlive it."""
    if not dry_run:
        return Path(scratch)
    folder = paths.BUILD / 'dry-run'
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def find_image(chosen: Namespace, command: Optional[List[str]]) -> Tuple[Image, bootline.Program]:
    """The image to boot and the program to start in it."""
    if chosen.exec is not None:
        booted, path = image.of_program(chosen.exec, chosen.add, chosen.fs or 'rofs', chosen.libc or 'own')
        program = bootline.Program([path, *(command or [])], libc=chosen.libc or 'own')
    else:
        booted = image.named(chosen.image, chosen.add, chosen.fs, chosen.modules, chosen.libc or '')
        if chosen.fs is not None and (chosen.fs == 'ramfs') != booted.in_ram_only:
            raise KilnError(f'--fs {chosen.fs}: {chosen.image} was built with the other kind of root')
        program = bootline.Program.of_words(booted.pairs())
        if command:
            program.argv = command
        if not program.argv and not (booted.disk is None and not booted.words):
            raise KilnError('this image has no command of its own: give one after --')
    program.environment.setdefault('TERM', os.environ.get('TERM', 'dumb'))
    program.environment.update(chosen.env)
    program.cwd = chosen.cwd or program.cwd
    return booted, program


def make_machine(chosen: Namespace, booted: Image, program: bootline.Program, scratch: Path) -> qemu.Machine:
    """The machine for this image."""
    in_ram = root_in_ram(chosen, booted)
    machine = qemu.Machine(chosen.machine, 'tcg' if chosen.icount else qemu.choose_accel(chosen.accel),
                           chosen.memory, chosen.cpus, icount=chosen.icount, gdb=chosen.gdb,
                           streams=chosen.streams, card=network.card(chosen),
                           disk_bus=chosen.disk_bus, card_model=chosen.card)
    words = boot_words(chosen, program, machine.card, in_ram)
    if chosen.boot == 'bios':
        build_kernel_if_missing(chosen)
        machine.disks.append(qemu.Disk(make_overlay(chosen, booted, words, scratch), format='qcow2'))
    else:
        build_kernel_if_missing(chosen)
        machine.kernel = kernel_of(chosen)
        memory.check(chosen.memory, machine.kernel, booted.root.stat().st_size if in_ram else 0)
        set_command_line(machine, words, scratch)
        if in_ram:
            machine.ram_root = booted.root
        else:
            machine.disks.append(qemu.Disk(booted.root))
    if chosen.disk is not None:
        machine.disks.append(data_disk(chosen.disk))
    return machine


def make_virtualbox(chosen: Namespace, booted: Image, program: bootline.Program,
                    scratch: Path) -> virtualbox.Machine:
    """The machine for this image in VirtualBox: its disk always boots itself."""
    machine = virtualbox.Machine(scratch, memory=chosen.memory, cpus=chosen.cpus, disk_bus=chosen.disk_bus,
                                 card=network.card(chosen))
    words = boot_words(chosen, program, machine.card, root_in_ram(chosen, booted))
    build_kernel_if_missing(chosen)
    virtualbox.make_disk(machine, make_overlay(chosen, booted, words, scratch))
    return machine


def make_xen(chosen: Namespace, booted: Image, program: bootline.Program, scratch: Path) -> xen.Machine:
    """The machine for this image as a PVH domain of Xen."""
    in_ram = root_in_ram(chosen, booted)
    build_kernel_if_missing(chosen)
    machine = xen.Machine(scratch, kernel_of(chosen), memory=chosen.memory, cpus=chosen.cpus,
                          card=network.card(chosen))
    memory.check(chosen.memory, machine.kernel, booted.root.stat().st_size if in_ram else 0)
    machine.command_line = ' '.join(boot_words(chosen, program, machine.card, in_ram))
    xen.check_command_line(machine.command_line)
    if in_ram:
        machine.ram_root = booted.root
    else:
        machine.disks.append(xen.Disk(booted.root))
    if chosen.disk is not None:
        machine.disks.append(xen.Disk(data_disk(chosen.disk).file, throw_away=False))
    return machine


def boot_words(chosen: Namespace, program: bootline.Program, card: Optional[network.Card],
               in_ram: bool) -> List[str]:
    """The kernel's configuration of this run."""
    flags = [('kiln.verbose', '')] if chosen.verbose else []
    if chosen.streams == 'serial':
        flags.append(('kiln.serial', 'framed'))
    return bootline.words([*flags, ('kiln.root', 'ram' if in_ram else 'disk'), *terminal.boot_words(),
                           *network.words(card), *program.pairs()])


def make_overlay(chosen: Namespace, booted: Image, words: List[str], scratch: Path) -> Path:
    """A disk that boots itself with these words, over the image."""
    overlay = scratch / 'disk.qcow2'
    base = image.bootable_disk(booted, chosen.mode, chosen.drivers)
    qcow2.make(overlay, base, disk.CONFIG_AT, disk.config_area(words))
    return overlay


def root_in_ram(chosen: Namespace, booted: Image) -> bool:
    """Where the root lies: as --root says, else in RAM while it is at most a quarter of the memory."""
    if booted.in_ram_only:
        if chosen.root == 'disk':
            raise KilnError('--root disk: this root (fs=ramfs) always lies in RAM')
        return True
    if chosen.boot == 'bios':
        if chosen.root == 'ram':
            raise KilnError('--root ram: with --boot bios an EROFS root stays on its disk; '
                            'use --fs ramfs or --boot kernel')
        return False
    if chosen.root is not None:
        return chosen.root == 'ram'
    return booted.root.stat().st_size <= chosen.memory // 4


def set_command_line(machine: qemu.Machine, words: List[str], scratch: Path) -> None:
    """The words on the kernel's command line, or in a fw_cfg file where they are too long for it."""
    line = ' '.join(words)
    if len(line) > bootline.LIMIT:
        file = scratch / 'config'
        file.write_text(line, encoding='ascii')
        machine.fw_cfg[bootline.CONFIG_NAME] = file
        line = bootline.CONFIG_IN_FW_CFG
    machine.command_line = line


def data_disk(name: str) -> qemu.Disk:
    """--disk: a file of whole sectors that may be written."""
    file = Path(name)
    if not file.is_file():
        raise KilnError(f'--disk {name}: no such file (make one with truncate -s 64M {name})')
    if not os.access(file, os.R_OK | os.W_OK):
        raise KilnError(f'--disk {name}: may not be read and written by this user')
    size = file.stat().st_size
    if size == 0 or size % disk.SECTOR:
        raise KilnError(f'--disk {name}: its size, {size} bytes, is not a number of 512-byte sectors')
    return qemu.Disk(file.resolve(), throw_away=False)


def build_kernel_if_missing(chosen: Namespace) -> None:
    """A first run builds the kernel; later ones leave it alone (scripts/build brings it up to date)."""
    if not kernel_of(chosen).exists() and not chosen.dry_run and 'KILN_QEMU' not in os.environ:
        from .build import ninja
        ninja(chosen.mode, chosen.drivers)


def hint_at_missing_files(program: bootline.Program, guest_paths: List[str]) -> None:
    """One line if a failed program was given a file of this machine that its image does not hold."""
    there = set(guest_paths)
    for word in program.argv[1:]:
        host = os.path.abspath(word)
        guest = os.path.normpath(os.path.join(program.cwd, word))
        if word and not word.startswith('-') and os.path.exists(host) and guest not in there:
            where = host if guest == host else f'{host}:{guest}'
            print(f'kiln: {word} is a file of this machine that is not in the image; '
                  f'to put it there: --add {where}', file=sys.stderr)
            return
