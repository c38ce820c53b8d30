// Signals as bytes to read instead of handlers to run. Source: signalfd(2).
//
// A read takes signals of the mask that wait for the reading thread or its program; poll looks for the thread
// that polls, and waits in the program's queue of arrivals.
#include "core/mm/io_buffer.hh"
#include "linux/abi/fcntl.hh"
#include "linux/events/calls.hh"
#include "linux/files/context.hh"
#include "linux/files/file_kind.hh"
#include "linux/signal/program_signals.hh"
#include "linux/signal/send.hh"

namespace linux
{
namespace
{
struct signalfd_siginfo {
    u32 signal;
    s32 error;
    s32 code;
    u32 pid;
    u32 uid;
    s32 descriptor;
    u32 timer_id;
    u32 band;
    u32 overrun;
    u32 trap_number;
    s32 status;
    s32 integer;
    u64 pointer;
    u64 user_time;
    u64 system_time;
    u64 address;
    u16 address_lsb;
    u8 padding[46];
};
static_assert(sizeof(signalfd_siginfo) == 128);

signalfd_siginfo to_record(const siginfo& info)
{
    signalfd_siginfo record{};
    record.signal = static_cast<u32>(info.signal);
    record.error = info.error;
    record.code = info.code;
    if (info.code == si_timer) {
        record.timer_id = static_cast<u32>(info.timer.id);
        record.overrun = static_cast<u32>(info.timer.overrun);
        record.pointer = info.timer.value;
        record.integer = static_cast<s32>(info.timer.value);
    } else if (info.code <= 0) {
        record.pid = static_cast<u32>(info.sender.pid);
        record.uid = info.sender.uid;
        record.pointer = info.sender.value;
        record.integer = static_cast<s32>(info.sender.value);
    }
    return record;
}

class signal_file final : public vfs::file
{
  public:
    signal_file(ref_ptr<vfs::inode> inode, signal_set mask, u32 flags)
        : file(std::move(inode), vfs::open_flag::read_write | flags), _mask(mask)
    {
    }

    void set_mask(signal_set mask)
    {
        _mask.store(mask, std::memory_order_relaxed);
        current_program().signals().arrival.wake_all(); // who waits looks again
    }

    result<size_t> read(io_buffer& to) override
    {
        if (to.remaining() < sizeof(signalfd_siginfo))
            return fail(errc::einval);
        size_t done = 0;
        while (to.remaining() >= sizeof(signalfd_siginfo)) {
            auto info = take_signal(_mask.load(std::memory_order_relaxed));
            if (!info) {
                if (done)
                    return done;
                if (nonblocking())
                    return fail(errc::eagain);
                TRY(wait_until(
                    current_program().signals().arrival,
                    [&] { return (info = take_signal(_mask.load(std::memory_order_relaxed))).has_value(); },
                    {.interruptible = true}));
            }
            const auto record = to_record(*info);
            if (to.copy_out(std::as_bytes(std::span(&record, 1))) < sizeof(record))
                return transferred(done, true);
            done += sizeof(record);
        }
        return done;
    }

    u32 poll(u32 interest, vfs::poll_registrar* registrar) override
    {
        if (registrar) {
            registrar->listen(current_program().signals().arrival);
            std::atomic_thread_fence(std::memory_order_seq_cst); // entered before the signals are looked at
        }
        return has_pending_signal(_mask.load(std::memory_order_relaxed)) ? interest & vfs::poll_event::in : 0;
    }
    bool can_wait() const override { return true; }
    result<size_t> describe(std::span<char> buffer) const override
    {
        return describe_as("anon_inode:[signalfd]", buffer);
    }

  private:
    std::atomic<signal_set> _mask;
};
} // namespace

result<int> sys_signalfd(int descriptor, user_ptr<const signal_set> mask, size_t mask_size)
{
    return sys_signalfd4(descriptor, mask, mask_size, 0);
}

result<int> sys_signalfd4(int descriptor, user_ptr<const signal_set> mask, size_t mask_size, u32 flags)
{
    if (flags & ~(o_cloexec | o_nonblock) || mask_size != sizeof(signal_set))
        return fail(errc::einval);
    const signal_set wanted = TRY(mask.read()) & ~unblockable_signals;
    if (descriptor == -1) {
        auto made = TRY(make_ref<signal_file>(TRY(kind_inode<signal_file>()), wanted, flags & o_nonblock));
        return descriptors().install(std::move(made), flags & o_cloexec ? on_exec::close : on_exec::keep);
    }
    const auto file = TRY(descriptors().use(descriptor));
    auto* const existing = file_as<signal_file>(*file);
    if (!existing)
        return fail(errc::einval);
    existing->set_mask(wanted);
    return descriptor;
}
} // namespace linux
