// The medium of a model ATA disk: sectors in memory, an IDENTIFY page, and what commands do to them.
#pragma once

#include <atomic>
#include <cstring>
#include <vector>

#include "core/base/types.hh"

class model_ata_disk
{
  public:
    static constexpr size_t sector = 512;

    explicit model_ata_disk(size_t sectors, unsigned queue_depth = 32, bool wide = true)
        : data(sectors * sector)
    {
        for (size_t i = 0; i < data.size(); i++)
            data[i] = static_cast<std::byte>(i / sector + i);
        set(49, 0x0300);
        set(60, static_cast<u16>(sectors));
        set(61, static_cast<u16>(sectors >> 16));
        set(83, 0x4000);
        set(85, 0x0020); // write cache
        if (wide) {
            set(83, 0x4400);
            set(86, 0x0400);
            set(100, static_cast<u16>(sectors));
            set(101, static_cast<u16>(sectors >> 16));
        }
        if (queue_depth > 1) {
            set(75, static_cast<u16>(queue_depth - 1));
            set(76, 0x0100);
        }
    }

    void set(size_t word, u16 value) { identity[word] = value; }
    std::byte* at(u64 number) { return data.data() + number * sector; }

    std::vector<std::byte> data;
    u16 identity[256] = {};
    std::atomic<unsigned> flushes{0}, commands{0};
    std::atomic<u64> bad_sector{~u64{0}};
};
