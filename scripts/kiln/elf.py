"""What the tools read from ELF files, as plain data: interpreter, needed libraries, search paths, imports."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO, List, Optional

from .errors import STATUS_NOT_EXECUTABLE, KilnError

MACHINE_X86_64 = 62
HEADER = 64
PROGRAM_HEADER = 56


@dataclass
class ElfFile:
    """The dynamic side of one program or library."""
    path: str
    interpreter: Optional[str] = None
    needed: List[str] = field(default_factory=list)
    rpath: List[str] = field(default_factory=list)
    runpath: List[str] = field(default_factory=list)
    imports: List[str] = field(default_factory=list)


def is_elf(path: str) -> bool:
    """Whether the file begins like an ELF file."""
    try:
        with open(path, 'rb') as file:
            return file.read(4) == b'\x7fELF'
    except OSError:
        return False


def refuse_foreign(path: str, header: bytes) -> None:
    """Stops at files that cannot run on x86-64 Linux, with the reason."""
    def refuse(why: str) -> None:
        raise KilnError(f'{path}: {why}', STATUS_NOT_EXECUTABLE)

    if len(header) < HEADER:
        refuse(f'damaged ELF file: its header is cut off after {len(header)} bytes')
    if header[4] != 2:
        refuse('is a 32-bit program; Kiln runs 64-bit programs')
    machine = int.from_bytes(header[18:20], 'little' if header[5] == 1 else 'big')
    if machine != MACHINE_X86_64:
        refuse(f'is made for another processor (ELF machine {machine}); Kiln runs x86-64 programs')
    if int.from_bytes(header[16:18], 'little') not in (2, 3):
        refuse('is an ELF file but neither a program nor a shared library')
    entry = int.from_bytes(header[54:56], 'little')
    if entry != PROGRAM_HEADER:
        refuse(f'damaged ELF file: program headers of {entry} bytes instead of {PROGRAM_HEADER}')


def read(path: str) -> ElfFile:
    """Reads the file, or stops with one line that says what is wrong with it."""
    from elftools.common.exceptions import ELFError
    with open(path, 'rb') as file:
        refuse_foreign(path, file.read(HEADER))
        file.seek(0)
        try:
            return _parse(path, file)
        except (ELFError, ValueError, OverflowError, AttributeError, KeyError, AssertionError, MemoryError,
                OSError, TypeError) as error:
            raise KilnError(f'{path}: damaged ELF file ({error or type(error).__name__})',
                            STATUS_NOT_EXECUTABLE) from error


def _parse(path: str, file: BinaryIO) -> ElfFile:
    from elftools.elf.dynamic import DynamicSegment
    from elftools.elf.elffile import ELFFile
    from elftools.elf.segments import InterpSegment
    result = ElfFile(path)
    length = file.seek(0, 2)
    for segment in ELFFile(file).iter_segments():
        if segment['p_type'] in ('PT_LOAD', 'PT_INTERP', 'PT_DYNAMIC') \
                and segment['p_offset'] + segment['p_filesz'] > length:
            raise ValueError(f'a segment ends {segment["p_offset"] + segment["p_filesz"] - length} bytes '
                             'after the end of the file')
        if isinstance(segment, InterpSegment):
            result.interpreter = segment.get_interp_name()
        elif isinstance(segment, DynamicSegment):
            _dynamic(result, segment)
    return result


def _dynamic(result: ElfFile, segment) -> None:
    for tag in segment.iter_tags():
        kind = tag.entry.d_tag
        if kind == 'DT_NEEDED':
            result.needed.append(tag.needed)
        elif kind == 'DT_RPATH':
            result.rpath += tag.rpath.split(':')
        elif kind == 'DT_RUNPATH':
            result.runpath += tag.runpath.split(':')
    if 'libc.so.6' in result.needed:
        result.imports = [s.name for s in segment.iter_symbols() if s['st_shndx'] == 'SHN_UNDEF' and s.name]
