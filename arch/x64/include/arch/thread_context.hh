// What a thread looks like to the CPU: its kernel stack, where it stopped, the program's FS base and vector
// state.
//
// The kernel uses general registers only, so vector state belongs to application threads alone and is
// switched only between them. The kernel stack is 16 KiB above an unmapped guard page; the application's
// trap_frame lies at its top.
#pragma once

#include <atomic>

#include "arch/trap_frame.hh"
#include "core/base/result.hh"
#include "core/base/types.hh"

namespace arch
{
inline constexpr size_t kernel_stack_size = 16_KiB;

/// Bytes of the CPU's extended state (XSAVE area, standard format) for what is switched on.
size_t extended_state_size();

/// Which components of it are switched on: XCR0, or x87 and SSE where there is no XSAVE.
u64 extended_state_components();

/// Writes the running thread's extended state to `area` (64-byte aligned, kernel memory,
/// extended_state_size() bytes).
void save_extended_state(void* area);

/// Loads it for the running thread. False if the area is not one that the CPU accepts (reserved bits set).
bool restore_extended_state(const void* area, size_t size);

/// The state that a new program starts with.
void reset_extended_state();

class thread_context
{
  public:
    thread_context() = default;
    ~thread_context();
    thread_context(const thread_context&) = delete;
    thread_context& operator=(const thread_context&) = delete;

    /// A kernel thread: stack, and entry(argument) as the first thing it runs.
    result<void> prepare_kernel(void (*entry)(void*), void* argument);

    /// An application thread: stack and vector state (a copy of the creator's if `inherit_from` is the
    /// running thread's context, else the initial one). It starts at application_frame().
    result<void> prepare_application(const thread_context* inherit_from);

    trap_frame& application_frame()
    {
        return *reinterpret_cast<trap_frame*>(stack_top() - sizeof(trap_frame));
    }
    u64 stack_top() const { return _stack_base + kernel_stack_size; }
    u64 stack_base() const { return _stack_base; }

    /// The program's FS base; set_fs_base on the running thread also changes the register.
    u64 fs_base() const;
    void set_fs_base(u64 base);

    /// Why the next return to the application takes the slow way; 0 if it need not.
    std::atomic<u32>& attention() { return _attention; }

    /// Makes the calling code, which runs on a stack of its own since boot, this context.
    void adopt_boot_stack(u64 stack_top);

    /// Leaves the running thread (`this`) and continues `next`; returns when somebody switches back.
    /// Interrupts off.
    void switch_to(thread_context& next);

  private:
    u64 _stack_pointer = 0; // where switch_to() left it
    u64 _stack_base = 0;
    u64 _fs_base = 0;
    u64 _stack_protector = 0;
    void* _extended_state = nullptr; // null for kernel threads
    u64 _state_id = 0;               // differs between all contexts that ever lived
    unsigned _state_cpu = ~0u;       // where its vector state was last loaded
    std::atomic<u32> _attention{0};
};
} // namespace arch
