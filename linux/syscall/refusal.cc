// Lines about refused calls, each once; see refusal.hh.
#include "linux/syscall/refusal.hh"

#include <array>
#include <atomic>

#include "core/log.hh"
#include "linux/syscall/table.hh"

namespace linux
{
namespace
{
void log_refusal(std::string_view text)
{
    klog::detail("{}", text);
}

constinit std::atomic<refusal_sink> sink{log_refusal};

// A bit per number that was told of. Numbers above share the last bit: they are all invented.
constexpr size_t bits_per_word = 64;
constexpr size_t told_bits = 512;
constinit std::array<std::atomic<u64>, told_bits / bits_per_word> told{};

// Details are few: a small open table of hashes. When it is full, further ones are told each time.
constinit std::array<std::atomic<u64>, 128> told_details{};

bool first_time(u64 number)
{
    const size_t bit = number < told_bits ? number : told_bits - 1;
    const u64 mask = u64{1} << bit % bits_per_word;
    return !(told[bit / bits_per_word].fetch_or(mask, std::memory_order_relaxed) & mask);
}

bool first_detail(u64 number, std::string_view what, u64 value)
{
    u64 hash = number * 0x9e3779b97f4a7c15 ^ reinterpret_cast<u64>(what.data()) ^ value * 0xff51afd7ed558ccd;
    hash |= 1; // 0 means an empty place
    for (auto& place : told_details) {
        u64 expected = 0;
        if (place.compare_exchange_strong(expected, hash, std::memory_order_relaxed))
            return true;
        if (expected == hash)
            return false;
    }
    return true;
}

template <class... Args>
void tell(std::string_view text, const Args&... args)
{
    char line[160];
    const size_t length = klog::format(line, sizeof line, text, args...);
    sink.load(std::memory_order_relaxed)({line, length});
}
} // namespace

void note_unserved_call(u64 number)
{
    number &= 0xffffffff;
    if (!first_time(number))
        return;
    const auto name = syscall_name(number);
    if (name.empty())
        tell("system call {} does not exist", number);
    else
        tell("system call {} ({}) is not served", number, name);
}

void note_refused(u64 number, std::string_view what, u64 value)
{
    if (first_detail(number, what, value))
        tell("{}: {} ({x}) is not supported", syscall_name(number), what, value);
}

void set_refusal_sink(refusal_sink s)
{
    sink.store(s, std::memory_order_relaxed);
}
} // namespace linux
