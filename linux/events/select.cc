// select and pselect6: three bit sets in, the same three out.
#include "linux/events/calls.hh"
#include "linux/events/deadline.hh"
#include "linux/events/file_set.hh"
#include "linux/events/signal_mask.hh"
#include "linux/files/context.hh"
#include "linux/syscall/restart.hh"

namespace linux
{
namespace
{
using namespace vfs::poll_event;

// What of a file's events counts for each set. Source: linux/fs/select.c, POLLIN_SET and its neighbours.
constexpr u32 counts_as_readable = in | read_normal | read_band | hang_up | error;
constexpr u32 counts_as_writable = out | write_normal | write_band | error;
constexpr u32 counts_as_exceptional = priority;
constexpr size_t word_bits = 64;

/// One of the three sets, in the kernel.
class descriptor_bits
{
  public:
    result<void> read(user_ptr<u64> from, size_t words)
    {
        _from = from;
        _words = words;
        if (!from || words == 0)
            return {};
        if (words > _few.size())
            _many = TRY(try_make_unique<u64[]>(words));
        return mm::copy_from_user(bits(), from.address(), words * sizeof(u64));
    }
    bool test(size_t i) const { return _from && (bits()[i / word_bits] >> (i % word_bits) & 1); }
    u64 word(size_t i) const { return _from ? bits()[i] : 0; }
    void clear(size_t i) { bits()[i / word_bits] &= ~(u64{1} << (i % word_bits)); }
    result<void> write() const
    {
        if (!_from || _words == 0)
            return {};
        return mm::copy_to_user(_from.address(), bits(), _words * sizeof(u64));
    }

  private:
    u64* bits() { return _many ? _many.get() : _few.data(); }
    const u64* bits() const { return _many ? _many.get() : _few.data(); }

    user_ptr<u64> _from;
    size_t _words = 0;
    std::array<u64, 16> _few; // 1024 descriptors, what the C library's fd_set holds
    unique_ptr<u64[]> _many;
};

struct three_sets {
    descriptor_bits readable, writable, exceptional;

    u64 word(size_t i) const { return readable.word(i) | writable.word(i) | exceptional.word(i); }
    u32 interest(size_t descriptor) const
    {
        return (readable.test(descriptor) ? counts_as_readable : 0) |
               (writable.test(descriptor) ? counts_as_writable : 0) |
               (exceptional.test(descriptor) ? counts_as_exceptional : 0);
    }
    /// Keeps the bits that came true; returns how many did.
    int keep(size_t descriptor, u32 ready)
    {
        return keep_one(readable, descriptor, ready & counts_as_readable) +
               keep_one(writable, descriptor, ready & counts_as_writable) +
               keep_one(exceptional, descriptor, ready & counts_as_exceptional);
    }

  private:
    static int keep_one(descriptor_bits& set, size_t descriptor, u32 ready)
    {
        if (!set.test(descriptor))
            return 0;
        if (ready)
            return 1;
        set.clear(descriptor);
        return 0;
    }
};

/// Calls visit(descriptor) for each that is in any set.
template <class Visit>
void for_each_wanted(const three_sets& sets, size_t count, Visit visit)
{
    for (size_t base = 0; base < count; base += word_bits)
        for (u64 word = sets.word(base / word_bits); word; word &= word - 1) {
            const size_t descriptor = base + static_cast<size_t>(std::countr_zero(word));
            if (descriptor < count)
                visit(descriptor);
        }
}

result<int> select_until(three_sets& sets, size_t count, instant deadline)
{
    size_t wanted = 0;
    for_each_wanted(sets, count, [&](size_t) { wanted++; });
    file_set set;
    TRY(set.reserve(wanted));
    size_t i = 0;
    bool bad = false;
    for_each_wanted(sets, count, [&](size_t descriptor) {
        auto& target = set.files()[i++];
        target.file = descriptors().get(static_cast<int>(descriptor));
        target.interest = target.counts = sets.interest(descriptor);
        bad |= !target.file || target.file->path_only();
    });
    if (bad)
        return fail(errc::ebadf);

    TRY(set.wait(deadline));
    int bits = 0;
    i = 0;
    for_each_wanted(sets, count,
                    [&](size_t descriptor) { bits += sets.keep(descriptor, set.files()[i++].ready); });
    return bits;
}

result<int> select(int count, user_ptr<u64> readable, user_ptr<u64> writable, user_ptr<u64> exceptional,
                   instant deadline)
{
    if (count < 0)
        return fail(errc::einval);
    const size_t limited =
        std::min(static_cast<size_t>(count), std::max<size_t>(descriptors().capacity(), 1));
    const size_t words = (limited + word_bits - 1) / word_bits;
    three_sets sets;
    TRY(sets.readable.read(readable, words));
    TRY(sets.writable.read(writable, words));
    TRY(sets.exceptional.read(exceptional, words));
    const auto bits = select_until(sets, limited, deadline);
    if (!bits)
        return fail(restart_unhandled(bits.error()));
    TRY(sets.readable.write());
    TRY(sets.writable.write());
    TRY(sets.exceptional.write());
    return bits;
}
} // namespace

result<int> sys_select(int count, user_ptr<u64> readable, user_ptr<u64> writable, user_ptr<u64> exceptional,
                       user_ptr<timeval> timeout)
{
    instant deadline = timekeeping::never;
    if (timeout) {
        const timeval t = TRY(timeout.read());
        if (t.seconds < 0 || t.microseconds < 0)
            return fail(errc::einval);
        deadline = TRY(
            deadline_in(timespec{t.seconds + t.microseconds / 1'000'000, t.microseconds % 1'000'000 * 1000}));
    }
    const auto bits = select(count, readable, writable, exceptional, deadline);
    if (timeout && deadline != timekeeping::never) {
        const timespec left = time_left(deadline);
        (void)timeout.write({left.seconds, left.nanoseconds / 1000});
    }
    return bits;
}

result<int> sys_pselect6(int count, user_ptr<u64> readable, user_ptr<u64> writable, user_ptr<u64> exceptional,
                         user_ptr<timespec> timeout, virt_addr mask)
{
    struct mask_argument {
        u64 mask;
        u64 size;
    };
    instant deadline = timekeeping::never;
    if (timeout)
        deadline = TRY(deadline_in(TRY(timeout.read())));
    temporary_mask masked;
    if (mask.value) {
        const auto m = TRY(user_ptr<const mask_argument>(mask).read());
        TRY(masked.set(user_ptr<const signal_set>(m.mask), m.size));
    }
    const auto bits = select(count, readable, writable, exceptional, deadline);
    masked.finish(!bits && bits.error() == errc::erestartnohand);
    if (timeout && deadline != timekeeping::never)
        (void)timeout.write(time_left(deadline));
    return bits;
}
} // namespace linux
