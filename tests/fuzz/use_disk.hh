// What a fuzzer lets the user of a disk do: read, write or flush, at any sector and address.
#pragma once

#include <vector>

#include "core/device/block_device.hh"
#include "tests/fuzz/fuzz_input.hh"

inline void use_disk(block_device& disk, fuzz_input& input)
{
    static std::vector<std::byte> buffer(257 * block_device::sector_size);
    const u64 sector = input.byte() * 16;
    const auto memory =
        std::span(buffer).subspan(input.byte() % 2, (input.byte() + 1u) * block_device::sector_size);
    switch (input.byte() % 3) {
    case 0:
        (void)disk.read(sector, memory);
        break;
    case 1:
        (void)disk.write(sector, memory);
        break;
    default:
        (void)disk.flush();
    }
}
