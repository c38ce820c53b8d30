// The dynamic linker on whatever passes the ELF checks: it may refuse, it may not read or write outside.
#include <cstdlib>

#include "loader/dynamic/tls_layout.hh"
#include "tests/unit/loader/elf_bytes.hh"

namespace
{
/// Counts instead of keeping: a file may ask for more words than a fuzzer has memory.
struct counting_memory final : linker::memory {
    const linker::object* of = nullptr;
    void require_inside(u64 address, u64 size) const
    {
        if (!of->holds(address - of->bias, size))
            std::abort();
    }
    bool read(u64 address, u64& value) override
    {
        require_inside(address, sizeof value);
        value = address;
        return true;
    }
    bool write(u64 address, u64) override
    {
        require_inside(address, sizeof(u64));
        return true;
    }
    bool copy(u64 to, u64, u64 bytes) override
    {
        require_inside(to, bytes);
        return true;
    }
    bool add_indirect(u64 where, u64) override
    {
        require_inside(where, sizeof(u64));
        return true;
    }
};
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    std::vector<std::byte> bytes(size);
    if (size)
        std::memcpy(bytes.data(), data, size);
    elf_bytes file(std::move(bytes));
    if (!file.load(0x5000'0000))
        return 0;
    linker::tls_layout tls;
    if (size % 2) // as a library that is opened later
        tls.start();
    tls.add(file.linked);
    for (const std::string_view name : {"printf", "malloc", "__kiln_link", ""})
        (void)file.linked.find({name, linker::gnu_hash(name), nullptr});
    for (u32 i = 0; i < 64; i++)
        if (const auto with = file.linked.version_of_reference(i))
            (void)file.linked.find({"printf", linker::gnu_hash("printf"), &*with});
    size_t length = 0;
    file.linked.for_each_needed([&](std::string_view name) { length += name.size(); });
    const std::array scope = {static_cast<const linker::object*>(&file.linked)};
    counting_memory memory;
    memory.of = &file.linked;
    (void)linker::relocate(file.linked, scope, memory, {0x1000, 0x2000});
    return 0;
}
