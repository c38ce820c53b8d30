// A set of CPUs by number.
#pragma once

#include "core/base/types.hh"

namespace sched
{
inline constexpr unsigned max_cpus = 256; // xAPIC ids and the IPI targets; a set is 32 bytes

class cpu_set
{
  public:
    static constexpr cpu_set all()
    {
        cpu_set s;
        for (auto& word : s._words)
            word = ~u64{0};
        return s;
    }
    static constexpr cpu_set only(unsigned cpu)
    {
        cpu_set s;
        s.add(cpu);
        return s;
    }
    constexpr bool contains(unsigned cpu) const { return _words[cpu / 64] >> (cpu % 64) & 1; }
    constexpr void add(unsigned cpu) { _words[cpu / 64] |= u64{1} << (cpu % 64); }
    constexpr void remove(unsigned cpu) { _words[cpu / 64] &= ~(u64{1} << (cpu % 64)); }
    constexpr bool empty() const
    {
        for (auto word : _words)
            if (word)
                return false;
        return true;
    }
    constexpr cpu_set operator&(const cpu_set& other) const
    {
        cpu_set s;
        for (size_t i = 0; i < word_count; i++)
            s._words[i] = _words[i] & other._words[i];
        return s;
    }
    constexpr bool operator==(const cpu_set&) const = default;
    constexpr u64 word(size_t i) const { return _words[i]; }
    constexpr void set_word(size_t i, u64 value) { _words[i] = value; }

    static constexpr size_t word_count = max_cpus / 64;

  private:
    u64 _words[word_count] = {};
};
} // namespace sched
