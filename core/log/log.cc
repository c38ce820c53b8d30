// Where lines go: the sink that somebody set, else the first serial port.
#include "core/log.hh"

#include "arch/early_output.hh"

namespace klog
{
namespace
{
constexpr size_t longest_line = 240;
constinit bool is_verbose = false;
constinit std::atomic<sink> current_sink{nullptr};
} // namespace

bool verbose()
{
    return is_verbose;
}
void set_verbose(bool on)
{
    is_verbose = on;
}
void set_sink(sink s)
{
    current_sink.store(s, std::memory_order_release);
}

void write_line(std::string_view text, const argument* arguments, size_t count)
{
    char buffer[longest_line + 8] = "kiln: ";
    const size_t length = 6 + format_arguments(buffer + 6, longest_line, text, arguments, count);
    if (const sink s = current_sink.load(std::memory_order_acquire))
        return s({buffer, length});
    buffer[length] = '\n';
    arch::write_early_output({buffer, length + 1});
}
} // namespace klog
