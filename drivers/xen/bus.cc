// See bus.hh.
#include "drivers/xen/bus.hh"

#include <charconv>

#include "core/log.hh"
#include "drivers/power/power.hh"
#include "drivers/xen/hypervisor.hh"

namespace xen
{
namespace
{
constexpr size_t most_devices = 26;

/// Calls start() for each number in a folder of the store, in ascending order.
void start_each(store& s, std::string_view folder, result<void> (*start)(store&, u64))
{
    std::array<char, 512> names;
    const auto listed = s.list(folder, names);
    if (!listed)
        return; // it has no devices of this kind
    std::array<u64, most_devices> numbers;
    size_t count = 0;
    for (std::string_view rest = *listed; !rest.empty() && count < numbers.size();) {
        const std::string_view name = rest.substr(0, rest.find('\0'));
        if (std::from_chars(name.data(), name.data() + name.size(), numbers[count]).ec == std::errc{})
            count++;
        rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    }
    std::sort(numbers.begin(), numbers.begin() + count);
    for (size_t i = 0; i < count; i++)
        if (const auto started = start(s, numbers[i]); !started)
            klog::line("xen: {}/{} is not usable, error {}", folder, numbers[i], started.error());
}

void reboot()
{
    shut_down(shutdown_reason::reboot);
}

/// An empty text is the answer that it was understood.
void look_at_wish(void* argument)
{
    auto& s = *static_cast<store*>(argument);
    std::array<char, 16> text;
    const auto wish = s.read("control/shutdown", text);
    if (!wish || (*wish != "poweroff" && *wish != "halt" && *wish != "reboot"))
        return;
    (void)s.write("control/shutdown", "");
    if (*wish == "reboot")
        power::use({reboot, reboot}); // the program's end, too, is not the domain's
    power::press_button();
}
} // namespace

void start_devices(store& s)
{
    start_each(s, "device/vbd", start_disk);
    start_each(s, "device/vif", start_card);
}

result<void> watch_shutdown(store& s)
{
    TRY(s.write("control/feature-poweroff", "1"));
    TRY(s.write("control/feature-reboot", "1"));
    return s.watch("control/shutdown", look_at_wish, &s);
}
} // namespace xen
