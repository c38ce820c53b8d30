// PI futexes: the word holds the owner's thread id, and the kernel hands it on (futex(2),
// "Priority-inheritance futexes"). The most urgent waiter is next, among equals the first; meanwhile the
// owner inherits its priority (inheritance.hh).
//
// Owners are looked up before the bucket is locked, because the thread list's lock comes first; under the
// lock the word is read again, and if another thread owns it by then everything begins anew.
#include "linux/futex/pi.hh"

#include "core/mm/user_access.hh"
#include "linux/futex/operations.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
enum class attempt : u8 { acquired, must_wait, changed };

/// Who owned the word when it was read; no task if nobody.
struct observed_owner {
    u32 tid;
    ref_ptr<task> owner;
};

/// Errors: efault; esrch if the owner does not exist.
result<observed_owner> observe_owner(program& p, virt_addr word)
{
    TRY(mm::fault_in(word, sizeof(u32), mm::access::write));
    u32 value = TRY(mm::load_user_u32(word));
    for (;;) {
        const u32 tid = value & futex_tid_mask;
        if (tid == 0)
            return observed_owner{0, nullptr};
        if (auto owner = p.find(static_cast<int>(tid)))
            return observed_owner{tid, std::move(owner)};
        // It may have unlocked in user space and ended since the word was read: only an owner that is gone
        // and still stands in the word does not exist.
        const u32 now = TRY(mm::load_user_u32(word));
        if ((now & futex_tid_mask) == tid)
            return fail(errc::esrch);
        value = now;
    }
}

/// The word is `value`: takes it for `tid` if it is free, else marks it as contended.
result<attempt> try_take(virt_addr word, u32 value, u32 tid, bool others_wait)
{
    const bool is_free = (value & futex_tid_mask) == 0;
    const u32 wanted = is_free ? tid | (value & futex_owner_died) | (others_wait ? futex_waiters : 0)
                               : value | futex_waiters;
    if (!is_free && wanted == value)
        return attempt::must_wait;
    const u32 seen = TRY(mm::compare_exchange_user_u32(word, value, wanted));
    if (seen != value)
        return attempt::changed;
    return is_free ? attempt::acquired : attempt::must_wait;
}

/// The first who waits to own `key`.
futex_waiter* first_owner_to_be(futex_bucket& bucket, const futex_key& key, futex_waiter* after = nullptr)
    REQUIRES(bucket)
{
    futex_waiter* w = bucket.find(key, after);
    while (w && !w->wants_ownership)
        w = bucket.find(key, w);
    return w;
}

/// Who owns `key` next: the most urgent who waits for it, among equals the first.
futex_waiter* next_owner(futex_bucket& bucket, const futex_key& key) REQUIRES(bucket)
{
    futex_waiter* next = nullptr;
    for (futex_waiter* w = first_owner_to_be(bucket, key); w; w = first_owner_to_be(bucket, key, w))
        if (!next || w->thread.urgency() > next->thread.urgency())
            next = w;
    return next;
}

/// Makes `self` a waiter whose priority the owner inherits. Errors: edeadlk if the owner waits for it
/// already.
result<void> enter(futex_bucket& bucket, futex_waiter& self, const observed_owner& observed) REQUIRES(bucket)
{
    lock_guard inheritance{inheritance_lock};
    if (observed.owner->waits_for(self.thread))
        return fail(errc::edeadlk);
    self.wants_ownership = true;
    self.owner_tid = static_cast<int>(observed.tid);
    bucket.announce();
    bucket.insert(self);
    observed.owner->receive(self.to_owner);
    return {};
}

/// Acquires, or enters the bucket as a waiter. Errors: edeadlk; eagain if it should only be tried.
result<attempt> lock_or_enter(futex_bucket& bucket, futex_waiter& self, virt_addr word,
                              const observed_owner& observed, futex_patience patience)
{
    lock_guard guard{bucket};
    const u32 expected_owner = observed.tid;
    const u32 tid = static_cast<u32>(self.thread.tid);
    const auto value = mm::load_user_u32(word);
    if (!value || (*value & futex_tid_mask) != expected_owner)
        return attempt::changed;
    if (expected_owner == tid)
        return fail(errc::edeadlk);
    if (expected_owner != 0 && patience == futex_patience::try_only)
        return fail(errc::eagain);
    const auto outcome = try_take(word, *value, tid, first_owner_to_be(bucket, self.key) != nullptr);
    if (!outcome)
        return attempt::changed; // not there any more: observe_owner() finds out
    if (*outcome == attempt::must_wait)
        TRY(enter(bucket, self, observed));
    return outcome;
}

/// A waiter that came while its owner was dying may have been overlooked: it must try again.
bool was_overlooked(const observed_owner& observed, futex_waiter& self)
{
    std::atomic_thread_fence(std::memory_order_seq_cst); // entered before the flag is read
    return observed.owner && observed.owner->has_left_futexes.load(std::memory_order_relaxed) &&
           leave_bucket(self);
}

/// `next` no longer waits: those who still do wait for it now, and it inherits from them.
void change_owner(futex_bucket& bucket, futex_waiter& next) REQUIRES(bucket)
{
    lock_guard inheritance{inheritance_lock};
    inheritor::withdraw(next.to_owner);
    for (futex_waiter* w = first_owner_to_be(bucket, next.key); w;
         w = first_owner_to_be(bucket, next.key, w)) {
        if (w == &next)
            continue;
        w->owner_tid = next.thread.tid;
        next.thread.receive(w->to_owner);
    }
}
} // namespace

result<bool> hand_over(futex_bucket& bucket, const futex_key& key, virt_addr word, u32 old_value, u32 extra)
{
    futex_waiter* const next = next_owner(bucket, key);
    u32 wanted = extra;
    if (next) {
        futex_waiter* const first = first_owner_to_be(bucket, key);
        wanted |= static_cast<u32>(next->thread.tid);
        if (first != next || first_owner_to_be(bucket, key, first))
            wanted |= futex_waiters;
    }
    const u32 seen = TRY(mm::compare_exchange_user_u32(word, old_value, wanted));
    if (seen != old_value)
        return false;
    if (next) {
        change_owner(bucket, *next);
        next->granted = futex_grant::owner;
        bucket.wake(*next);
    }
    return true;
}

result<u64> futex_lock_owner(virt_addr word, futex_scope scope, const timekeeping::deadline& deadline,
                             futex_patience patience)
{
    auto& self = current_task();
    auto& owner_program = self.program();
    const auto key = TRY(make_futex_key(owner_program, word, scope));
    auto& bucket = bucket_of(key);
    owner_program.uses_owned_futexes.store(true, std::memory_order_relaxed);
    futex_waiter waiter(self, key, 0);
    for (;;) {
        const auto observed = TRY(observe_owner(owner_program, word));
        const auto outcome = TRY(lock_or_enter(bucket, waiter, word, observed, patience));
        if (outcome == attempt::acquired)
            return 0;
        if (outcome == attempt::must_wait && !was_overlooked(observed, waiter))
            break;
    }
    const auto slept = waiter.sleep({.deadline = deadline, .interruptible = true});
    if (!slept)
        (void)leave_bucket(waiter);
    if (waiter.granted == futex_grant::owner)
        return 0;
    return fail(slept.error() == errc::eintr ? errc::erestartnointr : slept.error());
}

result<u64> futex_unlock_owner(virt_addr word, futex_scope scope)
{
    auto& self = current_task();
    const auto key = TRY(make_futex_key(self.program(), word, scope));
    auto& bucket = bucket_of(key);
    for (;;) {
        TRY(mm::fault_in(word, sizeof(u32), mm::access::write));
        lock_guard guard{bucket};
        const auto value = mm::load_user_u32(word);
        if (!value)
            continue;
        if ((*value & futex_tid_mask) != static_cast<u32>(self.tid))
            return fail(errc::eperm);
        const auto done = hand_over(bucket, key, word, *value, 0);
        if (done && *done)
            return 0;
    }
}

void release_owned_futexes(task& dead)
{
    auto& owner_program = dead.program();
    dead.has_left_futexes.store(true, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst); // pairs with was_overlooked()
    if (!owner_program.uses_owned_futexes.load(std::memory_order_relaxed))
        return;
    WITH_LOCK(inheritance_lock)
    {
        dead.refuse_all();
    }
    for (auto& bucket : futex_buckets) {
        if (bucket.is_empty())
            continue;
        lock_guard guard{bucket};
        for (futex_waiter* w = bucket.first(); w;) {
            const futex_key key = w->key;
            if (!w->wants_ownership || w->owner_tid != dead.tid ||
                key.object != &owner_program.address_space()) {
                w = w->next;
                continue;
            }
            // A private key holds the word's address. Words of shared memory are left to the robust list.
            const virt_addr word{key.offset};
            w->owner_tid = 0;
            const auto value = mm::load_user_u32(word);
            const auto owned_by = [&](u32 tid) { return value && (*value & futex_tid_mask) == tid; };
            // By nobody: musl takes the dead thread out of its words itself and leaves the waiters to us.
            if (owned_by(static_cast<u32>(dead.tid)) || owned_by(0))
                (void)hand_over(bucket, key, word, *value, futex_owner_died);
            w = bucket.first(); // the queue has changed
        }
    }
}

result<u64> futex_wait_and_lock(const futex_wait_request& request, virt_addr target)
{
    if (request.bits == 0 || request.word == target)
        return fail(errc::einval);
    auto& self = current_task();
    const auto key = TRY(make_futex_key(self.program(), request.word, request.scope));
    auto& bucket = bucket_of(key);
    futex_waiter waiter(self, key, 0);
    waiter.moves_to_pi = true;
    waiter.move_target = TRY(make_futex_key(self.program(), target, request.scope));
    self.program().uses_owned_futexes.store(true, std::memory_order_relaxed);
    TRY(enter_if_equal(bucket, waiter, request.word, request.expected));
    const auto slept = waiter.sleep({.deadline = request.deadline, .interruptible = true});
    if (!slept)
        (void)leave_bucket(waiter);
    if (waiter.granted == futex_grant::owner)
        return 0;
    if (slept)
        return fail(errc::eagain); // woken without having been moved
    if (slept.error() != errc::eintr)
        return fail(slept.error());
    return fail(waiter.wants_ownership ? errc::eagain : errc::erestartnointr);
}

namespace
{
/// FUTEX_CMP_REQUEUE_PI with both buckets locked.
class owner_requeue
{
  public:
    owner_requeue(const futex_requeue_request& request, const futex_key& from_key, const futex_key& to_key)
        : _request(request), _from_key(from_key), _to_key(to_key), _from(bucket_of(from_key)),
          _to(bucket_of(to_key))
    {
    }

    /// Threads woken and moved, or nothing if a word changed or is not there and all must be tried again.
    result<std::optional<u64>> run(const observed_owner& observed) NO_THREAD_SAFETY_ANALYSIS
    {
        const u32 expected_owner = observed.tid;
        const futex_bucket_pair locked{_from, _to};
        const auto first_value = mm::load_user_u32(_request.from);
        const auto value = mm::load_user_u32(_request.to);
        if (!first_value || !value || (*value & futex_tid_mask) != expected_owner)
            return std::optional<u64>();
        if (*first_value != _request.expected)
            return fail(errc::eagain);
        futex_waiter* top = _from.find(_from_key);
        if (!top)
            return std::optional<u64>(0);
        for (futex_waiter* w = top; w; w = _from.find(_from_key, w))
            if (!w->moves_to_pi || !(w->move_target == _to_key))
                return fail(errc::einval);
        const u32 new_owner = expected_owner ? expected_owner : static_cast<u32>(top->thread.tid);
        const bool contended =
            expected_owner || _from.find(_from_key, top) || first_owner_to_be(_to, _to_key);
        const u32 wanted = new_owner | (*value & futex_owner_died) | (contended ? futex_waiters : 0);
        const auto seen = mm::compare_exchange_user_u32(_request.to, *value, wanted);
        if (!seen || *seen != *value)
            return std::optional<u64>();
        task& owner = expected_owner ? *observed.owner : top->thread;
        u64 count = 0;
        if (!expected_owner) {
            _from.remove(*top);
            top->granted = futex_grant::owner;
            count++;
        }
        while (count < u64{1} + _request.move_count) {
            futex_waiter* w = _from.find(_from_key);
            if (!w)
                break;
            move(*w, owner);
            count++;
        }
        if (!expected_owner)
            top->wake_directly(); // the last that is done to it
        return std::optional<u64>(count);
    }

  private:
    void move(futex_waiter& w, task& owner) NO_THREAD_SAFETY_ANALYSIS
    {
        _from.remove(w);
        w.key = _to_key;
        w.moves_to_pi = false;
        w.wants_ownership = true;
        w.owner_tid = owner.tid;
        _to.announce();
        _to.insert(w);
        lock_guard inheritance{inheritance_lock};
        if (!owner.waits_for(w.thread)) // else the program is in a deadlock of its own making
            owner.receive(w.to_owner);
    }

    const futex_requeue_request& _request;
    const futex_key _from_key;
    const futex_key _to_key;
    futex_bucket& _from;
    futex_bucket& _to;
};
} // namespace

result<u64> futex_requeue_to_owner(const futex_requeue_request& request)
{
    if (request.wake_count != 1 || request.from == request.to)
        return fail(errc::einval);
    auto& owner_program = current_program();
    const auto from_key = TRY(make_futex_key(owner_program, request.from, request.scope));
    const auto to_key = TRY(make_futex_key(owner_program, request.to, request.scope));
    for (;;) {
        TRY(mm::fault_in(request.from, sizeof(u32), mm::access::read));
        const auto observed = TRY(observe_owner(owner_program, request.to));
        const auto done = TRY(owner_requeue{request, from_key, to_key}.run(observed));
        std::atomic_thread_fence(std::memory_order_seq_cst); // pairs with release_owned_futexes()
        if (observed.owner && observed.owner->has_left_futexes.load(std::memory_order_relaxed))
            release_owned_futexes(*observed.owner); // it may have overlooked who was moved just now
        if (done)
            return *done;
    }
}
} // namespace linux
