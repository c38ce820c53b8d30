// The first C++ function: prepares the CPU, reads the PVH start info and goes on in core/boot.
// Source: Xen, public/arch-x86/hvm/start_info.h (the structure's layout).
#include "arch/x64/boot/boot_main.hh"

#include <array>
#include <cstring>

#include "arch/boot.hh"
#include "arch/smp.hh"
#include "arch/x64/apic/legacy_pic.hh"
#include "arch/x64/apic/local_apic.hh"
#include "arch/x64/boot/boot_memory.hh"
#include "arch/x64/cpu/features.hh"
#include "arch/x64/cpu/percpu.hh"
#include "arch/x64/cpu/registers.hh"
#include "arch/x64/smp/ipi_handlers.hh"
#include "core/base/assert.hh"
#include "core/boot/boot_info.hh"
#include "core/device/firmware.hh"
#include "core/log.hh"
#include "core/mm/layout.hh"
#include "core/random.hh"
#include "core/sched/cpu.hh"

extern "C" char boot_stack_top[];

namespace arch
{
namespace
{
struct hvm_start_info {
    u32 magic, version, flags, module_count;
    u64 modules, command_line, rsdp;
    u64 memory_map; // version 1
    u32 memory_map_entries, reserved;
};
struct hvm_module {
    u64 address, size, command_line, reserved;
};
struct hvm_memory_entry {
    u64 address, size;
    u32 type, reserved;
};
constexpr u32 start_info_magic = 0x336ec578;
constexpr u32 memory_type_ram = 1;
constexpr size_t longest_command_line = 64_KiB;

constinit std::array<mm::memory_range, 64> ram_ranges{};

std::span<const mm::memory_range> read_memory_map(const hvm_start_info& info)
{
    const auto* entries = mm::to_virtual<hvm_memory_entry>(phys_addr(info.memory_map));
    size_t n = 0;
    for (u32 i = 0; i < info.memory_map_entries && n < ram_ranges.size(); i++)
        if (entries[i].type == memory_type_ram && entries[i].size >= page_size)
            ram_ranges[n++] = {phys_addr(entries[i].address), entries[i].size};
    return std::span(ram_ranges).first(n);
}

boot::info read_start_info(phys_addr address)
{
    const auto& info = *mm::to_virtual<hvm_start_info>(address);
    if (info.magic != start_info_magic || info.version < 1)
        panic("the loader gave no PVH start info of version 1 or later");
    boot::info result;
    result.ram = read_memory_map(info);
    if (info.module_count > 0) {
        const auto& module = *mm::to_virtual<hvm_module>(phys_addr(info.modules));
        result.module = {phys_addr(module.address), module.size};
    }
    if (info.command_line) {
        char* text = mm::to_virtual<char>(phys_addr(info.command_line));
        result.command_line = {text, strnlen(text, longest_command_line - 1) + 1};
    }
    result.acpi_root = phys_addr(info.rsdp);
    result.loader_searched_acpi = true;
    return result;
}

bool read_rdrand(u64& value)
{
    for (int i = 0; i < 10; i++) {
        bool ok;
        asm volatile("rdrand %0" : "=r"(value), "=@ccc"(ok));
        if (ok)
            return true;
    }
    return false;
}
} // namespace

void seed_random()
{
    u64 words[8] = {};
    bool good = features.rdrand;
    for (auto& w : words)
        good = good && read_rdrand(w);
    if (!good) {
        // The TSC's low bits between accesses that leave the guest: little, so say it.
        for (auto& w : words)
            for (int i = 0; i < 64; i++) {
                static_cast<void>(cpuid(0));
                w = (w << 1 | w >> 63) ^ cycle_counter();
            }
        klog::detail("no RDRAND: random numbers are seeded from timing until virtio-rng answers");
    }
    random_add_entropy(std::as_bytes(std::span(words)));
}

result<void> start_interrupts()
{
    if (firmware::this_machine().has_pic)
        legacy_pic::silence();
    TRY(local_apic::prepare(firmware::this_machine().local_apic));
    local_apic::enable();
    number_cpus();
    install_ipi_handlers();
    start_boot_cpu();
    return {};
}

result<void> prepare_scheduler()
{
    TRY(sched::cpu::create(0, initial_percpu));
    initial_percpu.kernel_stack_top = reinterpret_cast<u64>(boot_stack_top);
    sched::cpu::this_cpu().join();
    return {};
}

extern "C" [[noreturn]] void boot_main(u64 start_info, u64 load_address)
{
    timekeeping::mark_beginning();
    detect_features();
    load_percpu(initial_percpu);
    build_interrupt_table();
    load_interrupt_table();
    enable_features();
    boot_memory::note_kernel_base(phys_addr(load_address));
    boot::start(read_start_info(phys_addr(start_info)));
}
} // namespace arch
