// Commands and their encodings; see network_control.hh.
#include "drivers/virtio/network_control.hh"

#include <atomic>
#include <cstring>

#include "core/mm/layout.hh"

namespace virtio
{
namespace
{
constexpr u8 group_receive = 0, group_address = 1, group_queues = 4;
constexpr u8 receive_promiscuous = 0, receive_all_multicast = 1;
constexpr u8 address_table = 0;
constexpr u8 queues_set_pairs = 0;

constexpr std::byte answer_ok{0}, answer_none{0xff};
constexpr size_t kind_size = 2;
constexpr nanoseconds patience = milliseconds(1000);
} // namespace

result<void> network_control::use_queue_pairs(u16 count)
{
    return run({group_queues, queues_set_pairs}, std::as_bytes(std::span(&count, 1)));
}

result<void> network_control::set_promiscuous(bool on)
{
    return run_byte({group_receive, receive_promiscuous}, on);
}

result<void> network_control::set_all_multicast(bool on)
{
    return run_byte({group_receive, receive_all_multicast}, on);
}

result<void> network_control::run_byte(command_kind kind, bool value)
{
    const std::byte byte{value};
    return run(kind, {&byte, 1});
}

/// Two tables, each a number and so many addresses: single hosts (none but our own, which needs no entry) and
/// groups.
result<void> network_control::set_multicast(std::span<const mac_address> groups)
{
    const u32 numbers[] = {0, static_cast<u32>(groups.size())};
    const size_t size = sizeof numbers + groups.size_bytes();
    auto data = TRY(try_make_unique<std::byte[]>(size));
    std::memcpy(data.get(), numbers, sizeof numbers);
    if (!groups.empty())
        std::memcpy(data.get() + sizeof numbers, groups.data(), groups.size_bytes());
    return run({group_address, address_table}, {data.get(), size});
}

result<void> network_control::run(command_kind kind, std::span<const std::byte> data)
{
    // The command, its data, and the byte for the answer, where the device can reach them.
    const size_t asked = kind_size + data.size();
    auto memory = TRY(try_make_unique<std::byte[]>(asked + 1));
    std::memcpy(memory.get(), &kind, kind_size);
    std::memcpy(memory.get() + kind_size, data.data(), data.size());
    std::byte& answer = memory[asked];
    answer = answer_none;
    lock_guard guard{_one_at_a_time};
    const auto outcome = submit({memory.get(), asked}, answer);
    if (!outcome && outcome.error() == errc::etimedout) {
        _silent = true;
        memory.release(); // the device still has it
    }
    TRY(outcome);
    const bool accepted = std::atomic_ref(answer).load(std::memory_order_acquire) == answer_ok;
    return accepted ? result<void>{} : fail(errc::eio);
}

result<void> network_control::submit(std::span<std::byte> readable, std::byte& answer)
{
    if (_silent)
        return fail(errc::etimedout);
    const segment command[] = {{mm::to_physical(readable.data()), static_cast<u32>(readable.size())}};
    const segment room[] = {{mm::to_physical(&answer), 1}};
    lock_guard guard{_lock};
    TRY(_queue->add(command, room, &answer));
    (void)_queue->enable_interrupts();
    if (_queue->publish())
        _notify(_argument);
    const auto done = [&]() REQUIRES(_lock) { return _queue->take().has_value() || _queue->broken(); };
    TRY(wait_until(_answered, _lock, done, {.deadline = timekeeping::after(timekeeping::now(), patience)}));
    return _queue->broken() ? fail(errc::eio) : result<void>{};
}
} // namespace virtio
