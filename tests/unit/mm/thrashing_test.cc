// When a program counts as one that only reads its own code, and when not.
#include "core/mm/thrashing.hh"

#include <gtest/gtest.h>

#include <deque>
#include <unordered_set>

namespace
{
/// A cache of `size` pages that evicts the oldest.
class machine
{
  public:
    explicit machine(size_t size) : _size(size) {}

    enum class reading { fault_of_code, fault_of_data, call };
    void touch(u64 index, reading how)
    {
        if (!_present.insert(index).second)
            return;
        if (how != reading::call)
            detector.note_fault_read(object, index, how == reading::fault_of_code);
        _cached.push_back(index);
        if (_cached.size() > _size) {
            detector.note_eviction(object, _cached.front(), _size);
            _present.erase(_cached.front());
            _cached.pop_front();
        }
    }

    mm::thrash_detector detector;

  private:
    const mm::memory_object* const object = reinterpret_cast<const mm::memory_object*>(0x1000);
    const size_t _size;
    std::deque<u64> _cached;
    std::unordered_set<u64> _present;
};
using reading = machine::reading;

constexpr u64 rounds = 4 * mm::thrash_detector::patience;

TEST(thrashing, code_that_does_not_fit)
{
    for (const size_t size : {2, 100, 1000}) {
        machine m(size);
        for (u64 i = 0; i < rounds * std::max<size_t>(size, 64); i++)
            m.touch(i % (size + size / 2 + 1), reading::fault_of_code);
        EXPECT_TRUE(m.detector.is_hopeless()) << size;
    }
}

TEST(thrashing, not_at_once)
{
    machine m(100);
    for (u64 i = 0; i < 100 * (mm::thrash_detector::patience - 10); i++)
        m.touch(i % 150, reading::fault_of_code);
    EXPECT_FALSE(m.detector.is_hopeless());
}

TEST(thrashing, data_that_does_not_fit_is_only_slow)
{
    machine m(100);
    for (u64 i = 0; i < rounds * 100; i++)
        m.touch(i % 150, reading::fault_of_data);
    EXPECT_FALSE(m.detector.is_hopeless());
}

TEST(thrashing, files_that_are_read_push_code_out_now_and_then)
{
    machine m(100);
    for (u64 i = 0; i < rounds * 100; i++) {
        m.touch(1000 + i % 5000, reading::call);
        if (i % 20 == 0)
            m.touch(i / 20 % 10, reading::fault_of_code);
    }
    EXPECT_FALSE(m.detector.is_hopeless());
}

TEST(thrashing, much_code_that_is_run_once)
{
    machine m(100);
    for (u64 i = 0; i < rounds * 100; i++)
        m.touch(i, reading::fault_of_code);
    EXPECT_FALSE(m.detector.is_hopeless());
}
} // namespace
