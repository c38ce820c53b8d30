"""Where things are in the repository; every path of the tools is made from these."""
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / 'build'
CACHE = BUILD / 'cache'
MODULES = ROOT / 'modules'
LAST_IMAGE = BUILD / 'last-image'
LAST_CRASH = BUILD / 'last-crash.txt'


def variant(mode: str) -> Path:
    """The folder of one build variant, `release` or `debug`."""
    return BUILD / f'{mode}.x64'


def kernel_folder(mode: str, drivers: str = '') -> Path:
    """Where a variant's kernel lies: that with all drivers, or that with a choice (kernels.chosen)."""
    return variant(mode) / 'kernels' / drivers if drivers else variant(mode)


def kernel(mode: str, drivers: str = '') -> Path:
    """The kernel's ELF file, with symbols."""
    return kernel_folder(mode, drivers) / 'kernel.elf'


def stripped_kernel(mode: str, drivers: str = '') -> Path:
    """The kernel's ELF file as it goes onto disks."""
    return kernel_folder(mode, drivers) / 'kernel-stripped.elf'


def boot_code(mode: str) -> Path:
    """What starts a disk image under a BIOS; docs/image.md says how it is laid out."""
    return variant(mode) / 'boot.bin'
