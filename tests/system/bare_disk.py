"""Disk images that start a program of this machine without run.py, for hypervisors that it does not know."""
import subprocess
import sys

from machine import ROOT

sys.path.insert(0, str(ROOT / 'scripts'))
from kiln import disk, image  # noqa: E402


def make(file, program, *arguments):
    """A raw image at `file`, whose configuration names the program."""
    booted, path = image.of_program(str(program), [], 'rofs')
    file.write_bytes(image.bootable_disk(booted, 'release').read_bytes())
    words = ['kiln.root=disk', *(f'kiln.arg={word}' for word in (path, *arguments))]
    with open(file, 'r+b') as out:
        out.seek(disk.CONFIG_AT)
        out.write(disk.config_area(words))
    return file


def has(program):
    """Whether this machine has a program."""
    return subprocess.run(['which', program], capture_output=True, check=False).returncode == 0
