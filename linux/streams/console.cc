#include "linux/streams/console.hh"

#include <string_view>

#include "arch/early_output.hh"

namespace linux
{
result<size_t> write_to_console(std::span<const std::byte> bytes)
{
    arch::write_early_output({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    return bytes.size();
}
} // namespace linux
