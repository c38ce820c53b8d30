// Whether a program whose code does not fit into memory still gets anywhere.
//
// A page that is read back within as many evictions as there are pages cached would have stayed if the cache
// were a little larger: its refault distance is short. Where most reads are page faults and many of these are
// short refaults of code, the program waits for its own instructions; where that is so while the whole cache
// is turned over `patience` times, nearly without a break, it will not end, and is ended with a line that
// says why.
//
// What only reads files is not meant: neither read() nor faults of data count as lost, so a program may go
// through a file larger than memory as often as it likes. Code in use is spared by the clock of reclaim
// meanwhile. Evicted pages are remembered by a hash in a small table; of a large cache only a sample is.
#pragma once

#include <array>

#include "core/base/types.hh"

namespace mm
{
class memory_object;

/// The policy: no locks; tested on the host.
class thrash_detector
{
  public:
    static constexpr u32 patience = 200; // turns of the cache

    /// A page left the cache, of which `cached` pages there were.
    void note_eviction(const memory_object* object, u64 index, u64 cached);
    /// A page fault has to read a page, of code or of data.
    void note_fault_read(const memory_object* object, u64 index, bool code);

    bool is_hopeless() const { return _lost_turns >= patience; }
    /// Pages that were cached at the last eviction.
    u64 cached_pages() const { return _cached; }

  private:
    static constexpr size_t slots = 512;
    struct eviction {
        u32 tag = 0; // 0: none
        u32 when = 0;
    };
    struct place {
        eviction* slot; // null: not in the sample
        u32 tag;
    };
    place find(const memory_object* object, u64 index);
    u64 sampling() const { return 1 + _cached * 2 / slots; }
    void end_turn();

    std::array<eviction, slots> _recent{};
    u64 _cached = 0;
    u32 _evictions = 0; // ever, modulo 2^32
    u32 _turn_began = 0;
    u64 _fault_reads = 0;     // in this turn
    u64 _code_read_again = 0; // in this turn
    u32 _lost_turns = 0;      // halved by every other one
};

/// The machine's.
void note_eviction(const memory_object& object, u64 index, u64 cached);
/// False: it is hopeless; `cached` is then how many pages fit.
bool may_go_on_reading(const memory_object& object, u64 index, bool code, u64& cached);
} // namespace mm
