// See events.hh.
#include "drivers/xen/events.hh"

#include <array>
#include <atomic>
#include <bit>

#include "arch/interrupts.hh"
#include "arch/xen.hh"
#include "drivers/xen/hypervisor.hh"

namespace xen::events
{
namespace
{
constexpr u32 most_ports = 256;
constexpr u32 ports_per_word = 64;

struct entry {
    std::atomic<handler> function{nullptr};
    void* argument = nullptr; // set before
};
constinit std::array<entry, most_ports> entries{};

void handle_port(u32 port)
{
    std::atomic_ref(shared().pending[port / ports_per_word]).fetch_and(~(u64{1} << port % ports_per_word));
    if (port >= most_ports)
        return;
    if (const auto function = entries[port].function.load(std::memory_order_acquire))
        function(entries[port].argument);
}

void handle_vector(void*)
{
    vcpu_info& boot_cpu = shared().vcpus[0];
    std::atomic_ref(boot_cpu.pending).store(0);
    u64 words = std::atomic_ref(boot_cpu.pending_words).exchange(0);
    for (; words != 0; words &= words - 1) {
        const auto word = static_cast<u32>(std::countr_zero(words));
        u64 ports = std::atomic_ref(shared().pending[word]).load() & ~shared().mask[word];
        for (; ports != 0; ports &= ports - 1)
            handle_port(word * ports_per_word + static_cast<u32>(std::countr_zero(ports)));
    }
}

/// Through the local APIC, which takes an event once. Without that (before Xen 4.6) the vector is raised as
/// long as an event is pending and interrupts are on.
result<void> connect_vector(u8 vector)
{
    upcall_vector boot_cpu{.vcpu = 0, .vector = vector};
    if (arch::xen::call(hypercall::hvm, hvm_operation::set_upcall_vector, arch::xen::argument(&boot_cpu)))
        return {};
    return write_parameter(parameter::callback, callback_by_vector | vector);
}
} // namespace

result<void> start()
{
    for (u64& word : shared().mask)
        word = ~u64{0};
    // What came before nobody heard; Xen raises the vector only when these change. connect() finds a port's
    // bit.
    std::atomic_ref(shared().vcpus[0].pending).store(0);
    std::atomic_ref(shared().vcpus[0].pending_words).store(0);
    return connect_vector(TRY(arch::allocate_vector(handle_vector, nullptr, 0)));
}

result<void> connect(u32 port, handler h, void* argument)
{
    if (port >= most_ports)
        return fail(errc::enospc);
    entries[port].argument = argument;
    entries[port].function.store(h, std::memory_order_release);
    u32 request = port;
    TRY(arch::xen::call(hypercall::event_channel, event_operation::unmask, arch::xen::argument(&request)));
    return {};
}

result<u32> create(domain_id remote, handler h, void* argument)
{
    allocate_unbound request{.remote = remote, .port = 0};
    TRY(arch::xen::call(hypercall::event_channel, event_operation::allocate_unbound,
                        arch::xen::argument(&request)));
    TRY(connect(request.port, h, argument));
    return request.port;
}

void notify(u32 port)
{
    u32 request = port;
    (void)arch::xen::call(hypercall::event_channel, event_operation::send, arch::xen::argument(&request));
}
} // namespace xen::events
