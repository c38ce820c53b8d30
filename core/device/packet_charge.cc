#include "core/device/packet_charge.hh"

#include <algorithm>

void packet_charge::give_back(u32 bytes)
{
    // Pairs with is_below(): either it sees what we gave back, or we see what it waits for.
    const u64 left = _used.fetch_sub(bytes, std::memory_order_seq_cst) - bytes;
    if (left >= _wake_below.load(std::memory_order_seq_cst) || _wake_below.exchange(0) == 0)
        return;
    lock_guard guard{_lock};
    if (_queue)
        _queue->wake_all(_key);
}

bool packet_charge::is_below(u64 bound, u64 wake_below)
{
    if (_used.load(std::memory_order_relaxed) < bound)
        return true;
    _wake_below.store(std::max<u64>(wake_below, 1), std::memory_order_seq_cst);
    return _used.load(std::memory_order_seq_cst) < bound;
}

void packet_charge::end()
{
    lock_guard guard{_lock};
    _queue = nullptr;
}
