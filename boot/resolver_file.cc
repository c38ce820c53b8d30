#include "boot/resolver_file.hh"

#include <atomic>
#include <cstring>

#include "core/log.hh"
#include "core/mm/io_buffer.hh"
#include "fs/vfs/file.hh"
#include "fs/vfs/lookup.hh"

namespace boot
{
namespace
{
constexpr const char* name = "/etc/resolv.conf";
constinit std::atomic<bool> is_ours{false};

result<void> replace(std::string_view text)
{
    using namespace vfs::open_flag;
    auto file = TRY(vfs::open(vfs::root(), name, write_only | create, 0644));
    vfs::attributes now;
    TRY(file->get_attributes(now));
    if (now.size != 0 && !is_ours)
        return {}; // the image's own
    TRY(file->truncate(0));
    auto bytes = io_buffer::of_kernel(std::as_bytes(std::span(text)));
    TRY(file->write(bytes));
    is_ours = true;
    return {};
}
} // namespace

void resolver_file::add_line(std::string_view word, std::string_view value)
{
    if (_length + word.size() + value.size() + 1 > _text.size())
        return;
    for (const std::string_view part : {word, value, std::string_view("\n")}) {
        std::memcpy(_text.data() + _length, part.data(), part.size());
        _length += part.size();
    }
}

void resolver_file::write() const
{
    if (_length == 0)
        return;
    if (const auto written = replace({_text.data(), _length}); !written)
        klog::detail("{} cannot be written, error {}", name, written.error());
}
} // namespace boot
