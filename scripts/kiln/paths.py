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


def kernel(mode: str) -> Path:
    """The kernel's ELF file of a build variant."""
    return variant(mode) / 'kernel.elf'


def boot_code(mode: str) -> Path:
    """What starts a disk image under a BIOS; docs/image.md says how it is laid out."""
    return variant(mode) / 'boot.bin'
