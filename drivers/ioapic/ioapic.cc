// Programming of IOAPIC pins; see ioapic.hh.
//
// Registers are reached through a window: an index is written, then the value read or written, both under
// `lock`. A pin's chain of handlers only grows; it is read in interrupt context without a lock.
#include "drivers/ioapic/ioapic.hh"

#include <algorithm>
#include <atomic>

#include "core/base/make_unique.hh"
#include "core/device/registry.hh"
#include "core/log.hh"
#include "core/mm/kernel_areas.hh"
#include "core/sync/mutex.hh"

namespace ioapic
{
namespace
{
constexpr size_t window_size = 0x20;
constexpr u32 version_register = 1;
constexpr u32 first_redirection = 0x10;
constexpr u32 active_low = 1u << 13;
constexpr u32 level_triggered = 1u << 15;

/// One IOAPIC that is in use.
class controller : public registered<controller>
{
  public:
    controller(const firmware::io_apic& description, volatile u32* registers)
        : _first(description.first_interrupt), _registers(registers)
    {
        _pins = (read(version_register) >> 16 & 0xff) + 1;
    }
    bool has(u32 global_interrupt) const
    {
        return global_interrupt >= _first && global_interrupt - _first < _pins;
    }

    void route(u32 global_interrupt, u32 flags, u8 vector, unsigned cpu)
    {
        const u32 entry = first_redirection + 2 * (global_interrupt - _first);
        write(entry + 1, arch::apic_id_of(cpu) << 24);
        write(entry, flags | vector); // fixed delivery, physical destination, not masked
    }

  private:
    u32 read(u32 index) { return _registers[0] = index, _registers[4]; }
    void write(u32 index, u32 value)
    {
        _registers[0] = index;
        _registers[4] = value;
    }

    const u32 _first;
    u32 _pins = 0;
    volatile u32* const _registers;
};

struct handler_link {
    arch::interrupt_handler handler;
    void* argument;
    handler_link* next;
};

/// A connected line; lives as long as the machine.
struct line : registered<line> {
    explicit line(u32 n) : number(n) {}
    const u32 number;
    std::atomic<handler_link*> handlers{nullptr};
};

constinit mutex lock{lock_rank::generic_mutex}; // of connecting, and of the registers
constinit registry<controller> controllers;
constinit registry<line> lines;

void line_raised(void* argument)
{
    for (handler_link* l = static_cast<line*>(argument)->handlers.load(std::memory_order_acquire); l;
         l = l->next)
        l->handler(l->argument);
}

/// The controller that has the line; set up at its first use, for most machines need one line or none.
result<controller*> find_controller(u32 global_interrupt) REQUIRES(lock)
{
    if (auto* known = controllers.find([&](controller& c) { return c.has(global_interrupt); }))
        return known;
    const firmware::io_apic* best = nullptr;
    for (const firmware::io_apic& io : firmware::this_machine().io_apics)
        if (io.first_interrupt <= global_interrupt && (!best || io.first_interrupt > best->first_interrupt))
            best = &io;
    if (!best)
        return fail(errc::enodev);
    auto* registers = static_cast<volatile u32*>(TRY(mm::map_device(best->address, window_size)));
    auto fresh = TRY(try_make_unique<controller>(*best, registers));
    if (!fresh->has(global_interrupt))
        return fail(errc::enodev);
    controllers.add(*fresh);
    return fresh.release();
}
} // namespace

result<void> connect(u32 global_interrupt, firmware::trigger trigger, firmware::polarity polarity,
                     arch::interrupt_handler handler, void* argument)
{
    lock_guard guard{lock};
    auto link = TRY(try_make_unique<handler_link>(handler_link{handler, argument, nullptr}));
    if (auto* shared = lines.find([&](line& l) { return l.number == global_interrupt; })) {
        link->next = shared->handlers.load(std::memory_order_relaxed);
        shared->handlers.store(link.release(), std::memory_order_release); // pairs with line_raised()
        return {};
    }
    auto fresh = TRY(try_make_unique<line>(global_interrupt));
    if (firmware::this_machine().io_apics.empty()) {
        fresh->handlers.store(link.get(), std::memory_order_release);
        TRY(arch::connect_legacy_interrupt(static_cast<u8>(std::min(global_interrupt, 0xffu)), line_raised,
                                           fresh.get()));
        klog::detail("no IOAPIC: interrupt {} comes over the 8259s", global_interrupt);
        link.release();
        lines.add(*fresh.release());
        return {};
    }
    controller* const owner = TRY(find_controller(global_interrupt));
    constexpr unsigned cpu = 0;
    const u8 vector = TRY(arch::allocate_vector(line_raised, fresh.get(), cpu));
    fresh->handlers.store(link.release(), std::memory_order_release);
    lines.add(*fresh.release());
    const u32 flags = (polarity == firmware::polarity::low ? active_low : 0) |
                      (trigger == firmware::trigger::level ? level_triggered : 0);
    owner->route(global_interrupt, flags, vector, cpu);
    return {};
}

result<void> connect_isa(u8 irq, arch::interrupt_handler handler, void* argument)
{
    const auto arrival = firmware::this_machine().isa_interrupt(irq);
    return connect(arrival.global_interrupt, arrival.trigger, arrival.polarity, handler, argument);
}
} // namespace ioapic
