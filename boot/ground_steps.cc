// Start-up of memory, firmware tables and clocks.
#include <algorithm>
#include <array>
#include <cstring>

#include "arch/boot.hh"
#include "arch/clock.hh"
#include "boot/steps.hh"
#include "core/boot/config.hh"
#include "core/device/firmware.hh"
#include "core/log.hh"
#include "core/mm/frames.hh"
#include "core/mm/kernel_page_tables.hh"
#include "core/mm/layout.hh"

namespace boot
{
namespace
{
constexpr u64 boot_map_end = u64{4} << 30; // what the entry code's tables map

/// Firmware tables through the direct map as the entry code built it: they may lie outside RAM.
class direct_map_reader final : public firmware::physical_reader
{
  public:
    std::span<const std::byte> read(phys_addr address, size_t length) const override
    {
        if (address.value >= boot_map_end || length > boot_map_end - address.value)
            return {};
        return {mm::to_virtual<const std::byte>(address), length};
    }
};

constinit std::array<char, 4096> command_line{};
} // namespace

result<void> read_configuration()
{
    // Copied, because the loader's text lies in memory that will be used otherwise.
    const auto text = loader_info().command_line;
    const size_t n = std::min(text.size(), command_line.size() - 1);
    memcpy(command_line.data(), text.data(), n);
    configuration().add(std::span(command_line).first(n + 1));
    klog::set_verbose(configuration().verbose);
    if (text.size() > command_line.size())
        klog::line("the command line is longer than {} bytes and was cut", command_line.size());
    return {};
}

result<void> start_frames()
{
    const auto& handed_over = loader_info();
    std::array<mm::memory_range, 8> reserved{};
    size_t n = 0;
    for (const auto& r : arch::reserved_memory())
        reserved[n++] = r;
    if (handed_over.module.length)
        reserved[n++] = handed_over.module;
    return mm::init_frames(handed_over.ram, std::span(reserved).first(n));
}

result<void> build_page_tables()
{
    return mm::init_kernel_page_tables(loader_info().ram, arch::kernel_image_base());
}

result<void> start_random()
{
    arch::seed_random();
    return {};
}

result<void> discover_firmware()
{
    const auto& handed_over = loader_info();
    auto machine = TRY(try_make_unique<firmware::machine>());
    TRY(firmware::discover(
        {.rsdp = handed_over.acpi_root, .loader_searched = handed_over.loader_searched_acpi},
        direct_map_reader(), *machine));
    firmware::set_this_machine(std::move(machine));
    arch::release_boot_memory(handed_over.ram);
    return {};
}

result<void> start_clocks()
{
    arch::start_clocks();
    return {};
}
} // namespace boot
