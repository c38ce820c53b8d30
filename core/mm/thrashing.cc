#include "core/mm/thrashing.hh"

#include <algorithm>

#include "core/sync/spinlock.hh"

namespace mm
{
namespace
{
constexpr u64 shortest_turn = 64; // where next to nothing is cached, code and its data take turns
constexpr u64 pages_per_miss = 8; // read by one fault at most where faults come out of order

constinit spinlock detector_lock{lock_rank::reclaim};
constinit thrash_detector detector;
} // namespace

thrash_detector::place thrash_detector::find(const memory_object* object, u64 index)
{
    constexpr u64 golden_ratio = 0x9e3779b97f4a7c15;
    const u64 mixed = ((reinterpret_cast<u64>(object) >> 4) * golden_ratio ^ index) * golden_ratio;
    const u64 number = (mixed >> 20) % (slots * sampling());
    if (number >= slots)
        return {nullptr, 0};
    return {&_recent[number], static_cast<u32>(mixed >> 32) | 1};
}

void thrash_detector::note_eviction(const memory_object* object, u64 index, u64 cached)
{
    _cached = cached;
    _evictions++;
    if (const auto [slot, tag] = find(object, index); slot)
        *slot = {tag, _evictions};
    if (_evictions - _turn_began >= std::max(cached, shortest_turn))
        end_turn();
}

void thrash_detector::note_fault_read(const memory_object* object, u64 index, bool code)
{
    _fault_reads++;
    const auto [slot, tag] = find(object, index);
    if (!slot || slot->tag != tag)
        return;
    if (code && _evictions - slot->when <= _cached)
        _code_read_again += sampling();
    *slot = {};
}

void thrash_detector::end_turn()
{
    const u64 evicted = _evictions - _turn_began;
    const bool lost = _fault_reads * pages_per_miss >= evicted && _code_read_again * 8 >= _fault_reads;
    _lost_turns = lost ? _lost_turns + 1 : _lost_turns / 2;
    _turn_began = _evictions;
    _fault_reads = _code_read_again = 0;
}

void note_eviction(const memory_object& object, u64 index, u64 cached)
{
    lock_guard guard{detector_lock};
    detector.note_eviction(&object, index, cached);
}

bool may_go_on_reading(const memory_object& object, u64 index, bool code, u64& cached)
{
    lock_guard guard{detector_lock};
    detector.note_fault_read(&object, index, code);
    cached = detector.cached_pages();
    return !detector.is_hopeless();
}
} // namespace mm
