"""Runs in the machine: writes a disk given as a file (/dev/vda) in several ways, and reads it back.

usage: disk_user.py DEVICE SEED MIB      fills MIB MiB from 1 MiB on with the pattern of the seed
"""
import fcntl
import hashlib
import os
import struct
import sys

BLKGETSIZE64 = 0x80081272
CHUNK = 1 << 20


def pattern(seed, number):
    """The bytes of one MiB."""
    return hashlib.shake_128(f'{seed} {number}'.encode()).digest(CHUNK)


def check_edges(disk, size):
    """Parts of sectors, and the disk's end."""
    os.pwrite(disk, b'hello', 1021)         # over the border of two sectors
    assert os.pread(disk, 12, 1018) == b'\0\0\0hello\0\0\0\0'
    assert os.pwrite(disk, b'xyz', size - 2) == 2
    assert os.pread(disk, 10, size - 3) == b'\0xy'
    assert os.pread(disk, 10, size) == b''
    try:
        os.pwrite(disk, b'x', size)
    except OSError as error:
        assert error.errno == 28, error
    else:
        raise AssertionError('a write behind the end')


def main(device, seed, mib):
    """Everything."""
    disk = os.open(device, os.O_RDWR)
    size = os.lseek(disk, 0, os.SEEK_END)
    assert struct.unpack('Q', fcntl.ioctl(disk, BLKGETSIZE64, bytes(8)))[0] == size
    check_edges(disk, size)
    for number in range(int(mib)):
        data = pattern(seed, number)
        at = (number + 1) * CHUNK
        # Odd pieces, so that requests have all sizes and alignments.
        cuts = [0, 1, 512, 5000, 70001, 400000, CHUNK] if number % 2 else [0, CHUNK]
        for begin, end in zip(cuts, cuts[1:]):
            assert os.pwrite(disk, data[begin:end], at + begin) == end - begin
    os.fsync(disk)
    for number in range(int(mib)):
        assert os.pread(disk, CHUNK, (number + 1) * CHUNK) == pattern(seed, number), number
    print(size)


if __name__ == '__main__':
    main(*sys.argv[1:])
