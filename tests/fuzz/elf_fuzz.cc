// ELF headers: whatever passes the checks must be safe to map.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "loader/elf/headers.hh"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace elf;
    file_header header{};
    std::memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
    if (check(header, size) != defect::none)
        return 0;
    std::vector<program_header> table(header.program_header_count);
    std::memcpy(table.data(), data + header.program_headers, table.size() * sizeof(program_header));
    layout l;
    if (check(header, table, size, &l) != defect::none)
        return 0;

    const auto require = [](bool holds) {
        if (!holds)
            std::abort();
    };
    require(l.lowest < l.highest && l.highest <= lower_half_end + page_size);
    require(l.interpreter_size <= max_interpreter_name);
    require(l.interpreter_offset + l.interpreter_size <= size);
    u64 end = 0;
    for (const auto& p : table)
        if (is_loaded(p)) {
            require(p.address >= end);
            end = p.address + p.memory_size;
            require(end > p.address && end <= lower_half_end);
            require(p.offset <= size && p.file_size <= size - p.offset && p.file_size <= p.memory_size);
        }
    return 0;
}
