// libFuzzer's bytes, taken one after the other; after the last come zeros.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/types.hh"

struct fuzz_input {
    const uint8_t* data = nullptr;
    size_t left = 0;

    u8 byte() { return left == 0 ? u8{0} : (left--, *data++); }
    u16 half() { return static_cast<u16>(byte() | byte() << 8); }
    u32 word() { return half() | static_cast<u32>(half()) << 16; }
};
