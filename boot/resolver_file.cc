// What resolv.conf(5) says about the file's lines; see resolver_file.hh.
#include "boot/resolver_file.hh"

#include <atomic>
#include <cstring>

#include "core/log.hh"
#include "core/mm/io_buffer.hh"
#include "core/sched/thread.hh"
#include "fs/vfs/file.hh"
#include "fs/vfs/lookup.hh"
#include "net/start/address_text.hh"

namespace boot
{
namespace
{
constexpr const char* name = "/etc/resolv.conf";
constinit std::atomic<bool> is_ours{false};

/// The file's text.
class lines
{
  public:
    explicit lines(const net::settings::values& v)
    {
        for (size_t i = 0; i < v.name_server_count; i++) {
            char address[46];
            add("nameserver ", {address, net::format_address(v.name_servers[i], address)});
        }
        if (v.domain[0])
            add("search ", v.domain.data());
    }
    std::span<const std::byte> bytes() const { return std::as_bytes(std::span(_text).first(_length)); }

  private:
    void add(std::string_view word, std::string_view value)
    {
        for (const std::string_view part : {word, value, std::string_view("\n")}) {
            std::memcpy(_text.data() + _length, part.data(), part.size());
            _length += part.size();
        }
    }

    static constexpr size_t longest =
        net::settings::most_name_servers * 64 + sizeof net::settings::values::domain + 16;
    std::array<char, longest> _text;
    size_t _length = 0;
};

result<void> replace(std::span<const std::byte> text)
{
    using namespace vfs::open_flag;
    auto file = TRY(vfs::open(vfs::root(), name, write_only | create, 0644));
    vfs::attributes now;
    TRY(file->get_attributes(now));
    if (now.size != 0 && !is_ours)
        return {}; // the image's own
    TRY(file->truncate(0));
    auto bytes = io_buffer::of_kernel(text);
    TRY(file->write(bytes));
    is_ours = true;
    return {};
}

void write_again_and_again(void* argument)
{
    auto& settings = *static_cast<net::settings*>(argument);
    for (;;) {
        const u64 written = settings.generation();
        write_resolver_file(settings);
        ensure(wait_until(settings.queue(), [&] { return settings.generation() != written; }).has_value());
    }
}
} // namespace

void write_resolver_file(const net::settings& from)
{
    const lines text(from.get());
    if (text.bytes().empty())
        return;
    if (const auto written = replace(text.bytes()); !written)
        klog::detail("{} cannot be written, error {}", name, written.error());
}

result<void> keep_resolver_file(net::settings& from)
{
    TRY(sched::thread::create("resolver-file", write_again_and_again, &from))->start();
    return {};
}
} // namespace boot
