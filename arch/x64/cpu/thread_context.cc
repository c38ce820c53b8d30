// Building and switching thread contexts.
#include "arch/thread_context.hh"

#include <cstring>

#include "arch/x64/cpu/features.hh"
#include "arch/x64/cpu/percpu.hh"
#include "arch/x64/cpu/registers.hh"
#include "core/mm/heap.hh"
#include "core/mm/kernel_areas.hh"
#include "core/random.hh"

extern "C" void start_application_thread();
extern "C" void start_kernel_thread();

namespace arch
{
namespace
{
constinit std::atomic<u64> next_state_id{1};

/// What the first switch to a thread finds on its stack, lowest address first (entry.S).
struct first_frame {
    u64 start;
};
struct first_kernel_frame {
    u64 start;
    u64 entry, argument;
};

/// Leaves one kernel stack for another; returns when somebody switches back. The compiler saves what it has
/// in registers, which is less than all that a function would have to keep.
inline void switch_stacks(u64* save_stack_pointer, u64 next_stack_pointer)
{
    asm volatile("push %%rbp\n\t"
                 "push $1f\n\t"
                 "mov %%rsp, (%%rdi)\n\t"
                 "mov %%rsi, %%rsp\n\t"
                 "pop %%rcx\n\t" // no RET: it would spoil the CPU's own stack of return addresses
                 "jmp *%%rcx\n"
                 "1:\n\t"
                 "pop %%rbp"
                 : "+D"(save_stack_pointer), "+S"(next_stack_pointer)
                 :
                 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory",
                   "cc");
}

constexpr std::align_val_t extended_state_alignment{64};
constexpr size_t legacy_area_size = 512;

u64 read_fs_base()
{
    if (!features.fsgsbase)
        return read_msr(msr::fs_base);
    u64 base;
    asm volatile("rdfsbase %0" : "=r"(base));
    return base;
}

void write_fs_base(u64 base)
{
    if (features.fsgsbase)
        asm volatile("wrfsbase %0" ::"r"(base));
    else
        write_msr(msr::fs_base, base);
}

/// What save_extended_state() stored, which therefore does not fault.
void load_extended_state(const void* area)
{
    if (features.xsave)
        asm volatile("xrstor64 (%0)" ::"r"(area), "a"(~0u), "d"(~0u) : "memory");
    else
        asm volatile("fxrstor64 (%0)" ::"r"(area) : "memory");
}
} // namespace

thread_context::~thread_context()
{
    if (_stack_base != 0 && _state_id != 0)
        mm::free_kernel_stack(reinterpret_cast<void*>(_stack_base));
    if (_extended_state)
        operator delete(_extended_state, extended_state_alignment);
}

result<void> thread_context::prepare_kernel(void (*entry)(void*), void* argument)
{
    _stack_base = reinterpret_cast<u64>(TRY(mm::allocate_kernel_stack()));
    _state_id = next_state_id.fetch_add(1, std::memory_order_relaxed);
    _stack_protector = random_u64() & ~u64{0xff}; // the zero byte stops string overruns
    _stack_pointer = stack_top() - 16 - sizeof(first_kernel_frame);
    *reinterpret_cast<first_kernel_frame*>(_stack_pointer) = {
        .start = reinterpret_cast<u64>(&start_kernel_thread),
        .entry = reinterpret_cast<u64>(entry),
        .argument = reinterpret_cast<u64>(argument),
    };
    return {};
}

result<void> thread_context::prepare_application(const thread_context* inherit_from)
{
    _stack_base = reinterpret_cast<u64>(TRY(mm::allocate_kernel_stack()));
    _state_id = next_state_id.fetch_add(1, std::memory_order_relaxed);
    _stack_protector = random_u64() & ~u64{0xff};
    _extended_state = operator new(extended_state_size(), extended_state_alignment, std::nothrow);
    if (!_extended_state)
        return fail(errc::enomem);
    memset(_extended_state, 0, extended_state_size());
    if (inherit_from) {
        save_extended_state(_extended_state);
    } else {
        auto* legacy = static_cast<u8*>(_extended_state);
        legacy[0] = 0x7f, legacy[1] = 0x03;   // FCW: 0x37f
        legacy[24] = 0x80, legacy[25] = 0x1f; // MXCSR: 0x1f80
        legacy[28] = 0xff, legacy[29] = 0xff; // MXCSR_MASK
    }
    _stack_pointer = stack_top() - sizeof(trap_frame) - sizeof(first_frame);
    *reinterpret_cast<first_frame*>(_stack_pointer) = {.start =
                                                           reinterpret_cast<u64>(&start_application_thread)};
    auto& frame = application_frame();
    frame = {};
    frame.vector = trap_frame::exact_return_vector;
    frame.cs = kernel_code_selector;
    frame.ss = kernel_data_selector;
    frame.rflags = rflags_if | 2;
    return {};
}

void thread_context::adopt_boot_stack(u64 stack_top_address)
{
    _stack_base = stack_top_address - kernel_stack_size; // never freed: _state_id stays 0
    _stack_protector = this_cpu().stack_protector;
    this_cpu().kernel_stack_top = stack_top_address;
    this_cpu().attention = &_attention;
}

u64 thread_context::fs_base() const
{
    return this_cpu().attention == &_attention ? read_fs_base() : _fs_base;
}

void thread_context::set_fs_base(u64 base)
{
    _fs_base = base;
    if (this_cpu().attention == &_attention)
        write_fs_base(base);
}

void thread_context::switch_to(thread_context& next)
{
    auto& cpu = this_cpu();
    if (_extended_state) {
        save_extended_state(_extended_state);
        if (features.fsgsbase)
            _fs_base = read_fs_base();
    }
    if (next._extended_state) {
        if (cpu.extended_state_owner != next._state_id || next._state_cpu != cpu.cpu_number) {
            load_extended_state(next._extended_state);
            cpu.extended_state_owner = next._state_id;
            next._state_cpu = cpu.cpu_number;
        }
        write_fs_base(next._fs_base);
    }
    cpu.kernel_stack_top = next.stack_top();
    cpu.attention = &next._attention;
    cpu.stack_protector = next._stack_protector;
    switch_stacks(&_stack_pointer, next._stack_pointer);
}

size_t extended_state_size()
{
    return features.extended_state_size;
}

u64 extended_state_components()
{
    return features.xsave ? features.extended_components : 3;
}

void save_extended_state(void* area)
{
    if (features.xsave)
        asm volatile("xsave64 (%0)" ::"r"(area), "a"(~0u), "d"(~0u) : "memory");
    else
        asm volatile("fxsave64 (%0)" ::"r"(area) : "memory");
}
} // namespace arch

extern "C" bool try_restore_xsave(const void* area, u32 low_mask, u32 high_mask);
extern "C" bool try_restore_fxsave(const void* area);

namespace arch
{
bool restore_extended_state(const void* area, size_t size)
{
    // The state in the registers is no longer what any context saved.
    this_cpu().extended_state_owner = 0;
    if (features.xsave && size >= extended_state_size())
        return try_restore_xsave(area, ~0u, ~0u);
    return size >= legacy_area_size && try_restore_fxsave(area);
}

void reset_extended_state()
{
    this_cpu().extended_state_owner = 0;
    alignas(64) static constinit u8 initial[576] = {0x7f, 0x03};
    initial[24] = 0x80, initial[25] = 0x1f;
    if (features.xsave)
        static_cast<void>(try_restore_xsave(initial, ~0u, ~0u));
    else
        static_cast<void>(try_restore_fxsave(initial));
}
} // namespace arch
