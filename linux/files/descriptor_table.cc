#include "linux/files/descriptor_table.hh"

#include <algorithm>
#include <array>
#include <bit>

#include "core/sched/affinity.hh"

namespace linux
{
namespace
{
constexpr size_t word_bits = 64;

/// The file that a CPU is about to take a reference to, so that it is not freed meanwhile.
struct alignas(64) hazard {
    std::atomic<vfs::file*> file{nullptr};
};
constinit std::array<hazard, sched::max_cpus> hazards{};
constinit std::atomic<unsigned> hazards_in_use{0};

hazard& hazard_of_this_cpu()
{
    const unsigned cpu = arch::current_cpu();
    unsigned known = hazards_in_use.load(std::memory_order_relaxed);
    while (cpu >= known && !hazards_in_use.compare_exchange_weak(known, cpu + 1)) {
    }
    return hazards[cpu];
}

/// Returns when no CPU is between looking at `file` in a slot and holding a reference. The slot has been
/// cleared.
void wait_for_readers(const vfs::file* file)
{
    std::atomic_thread_fence(
        std::memory_order_seq_cst); // the slot's clearing before reading hazards; get_shared()
    const unsigned count = hazards_in_use.load();
    for (unsigned cpu = 0; cpu < count; cpu++)
        while (hazards[cpu].file.load(std::memory_order_acquire) == file)
            arch::cpu_relax();
}

bool test_bit(const u64* words, size_t bit)
{
    return words[bit / word_bits] >> (bit % word_bits) & 1;
}
void set_bit(u64* words, size_t bit, bool on)
{
    const u64 mask = u64{1} << (bit % word_bits);
    words[bit / word_bits] = on ? words[bit / word_bits] | mask : words[bit / word_bits] & ~mask;
}
} // namespace

descriptor_table::~descriptor_table()
{
    close_all();
}

file_ref descriptor_table::get_shared(size_t index)
{
    // Nothing of this CPU uses its hazard slot in between: the kernel is not preempted, and no interrupt
    // looks here.
    auto& announced = hazard_of_this_cpu().file;
    vfs::file* file;
    for (;;) {
        slot* const slots = _slots.load(std::memory_order_acquire);
        file = slots[index].load(std::memory_order_acquire);
        if (!file)
            break;
        announced.store(file, std::memory_order_seq_cst); // pairs with wait_for_readers()
        if (_slots.load(std::memory_order_seq_cst) == slots &&
            slots[index].load(std::memory_order_seq_cst) == file) {
            file->add_ref();
            break;
        }
    }
    announced.store(nullptr, std::memory_order_release);
    return file_ref::counted(file);
}

result<unique_ptr<descriptor_table::array>> descriptor_table::make_array(size_t capacity)
{
    auto made = TRY(try_make_unique<array>());
    made->slots = TRY(try_make_unique<slot[]>(capacity));
    made->used = TRY(try_make_unique<u64[]>(capacity / word_bits));
    made->exec = TRY(try_make_unique<u64[]>(capacity / word_bits));
    made->capacity = capacity;
    return made;
}

result<void> descriptor_table::grow(size_t wanted)
{
    const size_t capacity = std::max(initial_capacity, std::bit_ceil(wanted));
    auto bigger = TRY(make_array(capacity)); // before the lock: allocating may have to reclaim
    lock_guard guard{_lock};
    const size_t old = _array ? _array->capacity : 0;
    if (old >= capacity)
        return {}; // another thread was first
    for (size_t i = 0; i < old; i++)
        bigger->slots[i].store(_array->slots[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
    std::copy_n(old ? _array->used.get() : nullptr, old / word_bits, bigger->used.get());
    std::copy_n(old ? _array->exec.get() : nullptr, old / word_bits, bigger->exec.get());
    bigger->outgrown = std::move(_array);
    _array = std::move(bigger);
    _slots.store(_array->slots.get(), std::memory_order_seq_cst); // get_shared() looks at it twice
    _capacity.store(capacity, std::memory_order_release);         // pairs with get()
    return {};
}

int descriptor_table::find_free_locked(size_t lowest)
{
    size_t at = std::max(lowest, _lowest_free);
    const size_t capacity = _array ? _array->capacity : 0;
    while (at < capacity) {
        const u64 free = ~_array->used[at / word_bits] >> (at % word_bits);
        if (free)
            return static_cast<int>(at + static_cast<size_t>(std::countr_zero(free)));
        at = align_down(at, word_bits) + word_bits;
    }
    return -1;
}

void descriptor_table::put_locked(size_t index, ref_ptr<vfs::file> file, on_exec mode)
{
    set_bit(_array->used.get(), index, true);
    set_bit(_array->exec.get(), index, mode == on_exec::close);
    _array->slots[index].store(file.leak(), std::memory_order_release);
    if (index == _lowest_free)
        _lowest_free = index + 1;
}

vfs::file* descriptor_table::take_locked(size_t index)
{
    if (!_array || index >= _array->capacity)
        return nullptr;
    vfs::file* const file = _array->slots[index].exchange(nullptr, std::memory_order_seq_cst);
    if (file) {
        set_bit(_array->used.get(), index, false);
        _lowest_free = std::min(_lowest_free, index);
    }
    return file;
}

result<int> descriptor_table::install(ref_ptr<vfs::file> file, on_exec mode, int lowest)
{
    const u64 limit = std::min(this->limit(), hard_limit);
    if (lowest < 0 || static_cast<u64>(lowest) >= limit)
        return fail(lowest == 0 ? errc::emfile : errc::einval);
    for (;;) {
        size_t capacity;
        WITH_LOCK(_lock)
        {
            const int found = find_free_locked(static_cast<size_t>(lowest));
            if (found >= 0) {
                if (static_cast<u64>(found) >= limit)
                    return fail(errc::emfile);
                put_locked(static_cast<size_t>(found), std::move(file), mode);
                return found;
            }
            capacity = _array ? _array->capacity : 0;
        }
        const size_t wanted = std::max(capacity, static_cast<size_t>(lowest)) + 1;
        if (wanted > limit)
            return fail(errc::emfile);
        TRY(grow(wanted));
    }
}

result<int> descriptor_table::install_at(int descriptor, ref_ptr<vfs::file> file, on_exec mode)
{
    if (descriptor < 0 || static_cast<u64>(descriptor) >= std::min(limit(), hard_limit))
        return fail(errc::ebadf);
    const auto index = static_cast<size_t>(descriptor);
    if (index >= capacity())
        TRY(grow(index + 1));
    vfs::file* replaced;
    WITH_LOCK(_lock)
    {
        replaced = take_locked(index);
        put_locked(index, std::move(file), mode);
    }
    if (replaced)
        finish_close(replaced);
    return descriptor;
}

void descriptor_table::finish_close(vfs::file* file)
{
    wait_for_readers(file);
    file->descriptor_closed();
    file->release();
}

result<void> descriptor_table::close(int descriptor)
{
    if (descriptor < 0)
        return fail(errc::ebadf);
    vfs::file* file;
    WITH_LOCK(_lock)
    {
        file = take_locked(static_cast<size_t>(descriptor));
    }
    if (!file)
        return fail(errc::ebadf);
    finish_close(file);
    return {};
}

void descriptor_table::close_range(u32 first, u32 last)
{
    const size_t end = std::min(capacity(), static_cast<size_t>(last) + 1);
    for (size_t i = first; i < end; i++) {
        vfs::file* file;
        WITH_LOCK(_lock)
        {
            file = take_locked(i);
        }
        if (file)
            finish_close(file);
    }
}

void descriptor_table::close_on_exec_range(u32 first, u32 last)
{
    lock_guard guard{_lock};
    const size_t end = std::min(_array ? _array->capacity : 0, static_cast<size_t>(last) + 1);
    for (size_t i = first; i < end; i++)
        if (test_bit(_array->used.get(), i))
            set_bit(_array->exec.get(), i, true);
}

void descriptor_table::close_for_exec()
{
    for (size_t i = 0; i < capacity(); i++) {
        vfs::file* file = nullptr;
        WITH_LOCK(_lock)
        {
            if (test_bit(_array->used.get(), i) && test_bit(_array->exec.get(), i))
                file = take_locked(i);
        }
        if (file)
            finish_close(file);
    }
}

result<on_exec> descriptor_table::exec_mode(int descriptor)
{
    const auto index = static_cast<size_t>(static_cast<unsigned>(descriptor));
    lock_guard guard{_lock};
    if (!_array || index >= _array->capacity || !test_bit(_array->used.get(), index))
        return fail(errc::ebadf);
    return test_bit(_array->exec.get(), index) ? on_exec::close : on_exec::keep;
}

result<void> descriptor_table::set_exec_mode(int descriptor, on_exec mode)
{
    const auto index = static_cast<size_t>(static_cast<unsigned>(descriptor));
    lock_guard guard{_lock};
    if (!_array || index >= _array->capacity || !test_bit(_array->used.get(), index))
        return fail(errc::ebadf);
    set_bit(_array->exec.get(), index, mode == on_exec::close);
    return {};
}

int descriptor_table::next_open(int first)
{
    lock_guard guard{_lock};
    const size_t capacity = _array ? _array->capacity : 0;
    for (auto i = static_cast<size_t>(first); i < capacity; i++)
        if (test_bit(_array->used.get(), i))
            return static_cast<int>(i);
    return -1;
}
} // namespace linux
