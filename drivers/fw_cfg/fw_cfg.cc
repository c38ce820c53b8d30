// fw_cfg by its ports: a selector (16 bits), then one byte after the other. Source: QEMU, docs/specs/fw_cfg.
#include "drivers/fw_cfg/fw_cfg.hh"

#include <algorithm>
#include <array>

#include "arch/port_io.hh"

namespace fw_cfg
{
namespace
{
constexpr u16 selector_port = 0x510;
constexpr u16 data_port = 0x511;
constexpr u16 key_signature = 0x00;
constexpr u16 key_directory = 0x19;
constexpr size_t longest_name = 56;
constexpr u32 largest_file = 16_MiB;
constexpr u32 most_files = 4096;

void select(u16 key)
{
    arch::out16(selector_port, key);
}

/// A number as the device sends it: big-endian.
u32 read_number(unsigned bytes)
{
    u32 value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | arch::in8(data_port);
    return value;
}

bool is_present()
{
    select(key_signature);
    return read_number(4) == 0x5145'4d55; // "QEMU"
}

struct directory_entry {
    u32 size;
    u16 key;
    std::array<char, longest_name> name;
};

directory_entry read_entry()
{
    directory_entry e{};
    e.size = read_number(4);
    e.key = static_cast<u16>(read_number(2));
    read_number(2); // reserved
    for (char& c : e.name)
        c = static_cast<char>(arch::in8(data_port));
    return e;
}

result<file> read_contents(const directory_entry& e)
{
    if (e.size > largest_file)
        return fail(errc::efbig);
    file f;
    f.bytes = TRY(try_make_unique<char[]>(e.size + 1));
    f.size = e.size;
    select(e.key);
    for (size_t i = 0; i < f.size; i++)
        f.bytes[i] = static_cast<char>(arch::in8(data_port));
    return f;
}
} // namespace

result<file> read(std::string_view name)
{
    if (!is_present())
        return fail(errc::enodev);
    select(key_directory);
    const u32 count = std::min(read_number(4), most_files);
    for (u32 i = 0; i < count; i++) {
        const directory_entry e = read_entry();
        const auto end = std::find(e.name.begin(), e.name.end(), '\0');
        if (name == std::string_view(e.name.data(), static_cast<size_t>(end - e.name.begin())))
            return read_contents(e);
    }
    return fail(errc::enoent);
}
} // namespace fw_cfg
