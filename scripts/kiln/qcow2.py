"""A throw-away overlay of a disk image in which one 64 KiB block differs, as a qcow2 file.

--boot bios needs the command line in the image, which must not be written and may be shared. qemu-img
could make the overlay but not fill it, so the few tables are written here (QEMU's docs/interop/qcow2.txt,
version 2): header, one refcount table and block, one L1 and one L2 table, one data cluster.
"""
from __future__ import annotations

import os
import struct
from pathlib import Path

CLUSTER_BITS = 16
CLUSTER = 1 << CLUSTER_BITS
COPIED = 1 << 63                        # reference count is exactly one
COVERED_BY_L2 = CLUSTER // 8 * CLUSTER  # 512 MiB of the disk for each L2 table


def make(overlay: Path, backing: Path, at: int, block: bytes) -> None:
    """Writes the overlay. `at` is a multiple of 64 KiB below 512 MiB, the block one cluster."""
    assert at % CLUSTER == 0 and at < COVERED_BY_L2 and len(block) == CLUSTER
    name = os.fsencode(backing)
    size = backing.stat().st_size
    # clusters: 0 header and backing name, 1 refcount table, 2 refcount block, 3 L1, 4 L2, 5 data
    l1_entries = max(1, -(-size // COVERED_BY_L2))
    name_at = 512
    header = struct.pack('>4sIQIIQIIQQIIQ', b'QFI\xfb', 2, name_at, len(name), CLUSTER_BITS, size, 0,
                         l1_entries, 3 * CLUSTER, CLUSTER, 1, 0, 0)
    backing_format = struct.pack('>II', 0xe2792aca, 3) + b'raw'.ljust(8, b'\0') + struct.pack('>II', 0, 0)
    l2 = bytearray(CLUSTER)
    struct.pack_into('>Q', l2, at // CLUSTER * 8, 5 * CLUSTER | COPIED)
    with open(overlay, 'wb') as file:
        file.write((header + backing_format).ljust(name_at, b'\0') + name)
        for number, data in ((1, struct.pack('>Q', 2 * CLUSTER)), (2, struct.pack('>6H', *[1] * 6)),
                             (3, struct.pack('>Q', 4 * CLUSTER | COPIED)), (4, l2), (5, block)):
            file.seek(number * CLUSTER)
            file.write(data)
