// See console.hh.
#include "drivers/xen/console.hh"

#include "arch/early_output.hh"
#include "arch/xen.hh"
#include "core/base/make_unique.hh"
#include "core/mm/kernel_areas.hh"
#include "drivers/serial/channels.hh"
#include "drivers/xen/events.hh"
#include "drivers/xen/hypervisor.hh"

namespace xen
{
namespace
{
constexpr unsigned most_polls = 10'000;  // a back end that is gone must not stop the machine
constexpr unsigned most_attempts = 1000; // at a lock that a stopped CPU may hold

constinit console* the_console = nullptr;

void write_text(std::string_view text)
{
    the_console->write_polled(text);
}
} // namespace

result<size_t> console::try_read(std::span<std::byte> buffer)
{
    size_t count = 0;
    WITH_LOCK(_lock)
    {
        count = _line.read(buffer);
    }
    if (count == 0 && !buffer.empty())
        return fail(errc::eagain);
    notify(); // there is room again
    return count;
}

bool console::write_whole(std::span<const std::byte> bytes)
{
    WITH_LOCK(_lock)
    {
        if (_line.room() < bytes.size())
            return false;
        _line.write(bytes);
    }
    notify();
    return true;
}

size_t console::room()
{
    lock_guard guard{_lock};
    return _line.room();
}

bool console::drained()
{
    lock_guard guard{_lock};
    return _line.drained() || _line.broken();
}

void console::notify()
{
    events::notify(_port);
}

void console::write_polled(std::string_view text) NO_THREAD_SAFETY_ANALYSIS
{
    auto bytes = std::as_bytes(std::span(text));
    bool locked = false;
    for (unsigned i = 0; i < most_attempts && !locked; i++)
        locked = _lock.try_lock();
    for (unsigned i = 0; i < most_polls && !bytes.empty() && !_line.broken(); i++) {
        bytes = bytes.subspan(_line.write(bytes));
        notify();
        if (!bytes.empty())
            yield_cpu();
    }
    if (locked)
        _lock.unlock();
}

result<void> start_console(bool framed)
{
    const u64 frame = TRY(read_parameter(parameter::console_frame));
    const auto port = static_cast<u32>(TRY(read_parameter(parameter::console_port)));
    if (frame == 0 || port == 0)
        return fail(errc::enodev);
    auto* const page = static_cast<console_page*>(
        TRY(mm::map_device(phys_addr{frame << page_shift}, page_size, mm::caching::write_back)));
    the_console = TRY(try_make_unique<console>(*page, port)).release();
    if (framed) {
        auto* const streams = TRY(try_make_unique<serial::channels>(*the_console)).release();
        streams->start();
    }
    TRY(events::connect(
        port, [](void* self) { static_cast<console*>(self)->interrupt(); }, the_console));
    arch::set_early_output(write_text);
    return {};
}
} // namespace xen
