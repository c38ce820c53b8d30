// Queues of pending signals; see pending.hh.
#include "linux/signal/pending.hh"

#include <bit>

#include "linux/signal/program_signals.hh"

namespace linux
{
void queued_signal::release(queued_signal& record)
{
    record.queue = nullptr;
    if (!record.charged_to)
        return;
    record.charged_to->fetch_sub(1, std::memory_order_relaxed);
    delete &record;
}

int most_urgent(signal_set set)
{
    const signal_set faults = set & fault_signals;
    return std::countr_zero(faults ? faults : set) + 1;
}

void pending_signals::add(int signal, queued_signal* record)
{
    _set |= signal_bit(signal);
    if (!record)
        return;
    record->queue = this;
    _records.push_back(*record);
}

std::optional<siginfo> pending_signals::take(signal_set blocked)
{
    const signal_set candidates = _set & ~blocked;
    if (candidates == 0)
        return std::nullopt;
    return take_record(most_urgent(candidates));
}

std::optional<siginfo> pending_signals::take_record(int signal)
{
    siginfo info{};
    info.signal = signal; // without a record: from nobody known
    for (auto& record : _records) {
        if (record.info.signal != signal)
            continue;
        info = record.info;
        if (!record.charged_to)
            record.delivered_overrun.store(info.timer.overrun, std::memory_order_relaxed);
        _records.erase(_records.iterator_to(record));
        queued_signal::release(record);
        break;
    }
    if (!has_record(signal))
        _set &= ~signal_bit(signal);
    return info;
}

bool pending_signals::has_record(int signal) const
{
    for (const auto& record : _records)
        if (record.info.signal == signal)
            return true;
    return false;
}

void pending_signals::discard(signal_set signals)
{
    if ((_set & signals) == 0)
        return;
    _set &= ~signals;
    for (auto i = _records.begin(); i != _records.end();) {
        auto& record = *i++;
        if (!(signal_bit(record.info.signal) & signals))
            continue;
        _records.erase(_records.iterator_to(record));
        queued_signal::release(record);
    }
}

void pending_signals::remove(queued_signal& record)
{
    assert(record.queue == this);
    _records.erase(_records.iterator_to(record));
    record.queue = nullptr;
    if (!has_record(record.info.signal))
        _set &= ~signal_bit(record.info.signal);
}
} // namespace linux
