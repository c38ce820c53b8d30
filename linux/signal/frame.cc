// Layout of signal frames; see frame.hh.
#include "linux/signal/frame.hh"

#include <cstring>

#include "core/mm/layout.hh"

namespace linux
{
namespace
{
constexpr size_t red_zone = 128;
constexpr size_t magic2_size = 4;

constexpr u16 user_code_selector = 0x33;
constexpr u16 user_stack_selector = 0x2b;

// AC OF DF TF SF ZF AF PF CF RF: what sigreturn may change.
constexpr u64 restorable_flags =
    1u << 18 | 1u << 16 | 1u << 11 | 1u << 10 | 1u << 8 | 1u << 7 | 1u << 6 | 1u << 4 | 1u << 2 | 1u << 0;
constexpr u64 interrupt_flag = 1u << 9;
constexpr u64 resume_flag = 1u << 16;
} // namespace

frame_place place_signal_frame(u64 sp, size_t extended_state_size)
{
    const u64 fpstate = align_down(sp - extended_state_size - magic2_size, 64);
    const u64 frame = align_down(fpstate - sizeof(rt_sigframe), 16) - 8;
    return {virt_addr(frame), virt_addr(fpstate)};
}

size_t maximum_signal_frame(size_t extended_state_size)
{
    constexpr size_t alignment_losses = 63 + 15 + 8;
    return align_up(extended_state_size + magic2_size + sizeof(rt_sigframe) + red_zone + alignment_losses,
                    16);
}

void store_registers(sigcontext& to, const arch::trap_frame& from)
{
    to.r8 = from.r8, to.r9 = from.r9, to.r10 = from.r10, to.r11 = from.r11;
    to.r12 = from.r12, to.r13 = from.r13, to.r14 = from.r14, to.r15 = from.r15;
    to.rdi = from.rdi, to.rsi = from.rsi, to.rbp = from.rbp, to.rbx = from.rbx;
    to.rdx = from.rdx, to.rax = from.rax, to.rcx = from.rcx, to.rsp = from.rsp;
    to.rip = from.rip;
    to.rflags = (from.rflags & ~resume_flag) | interrupt_flag;
    to.cs = user_code_selector;
    to.ss = user_stack_selector;
    to.gs = to.fs = 0;
}

bool load_registers(arch::trap_frame& to, const sigcontext& from)
{
    if (from.rip >= mm::application_end.value)
        return false;
    to.r8 = from.r8, to.r9 = from.r9, to.r10 = from.r10, to.r11 = from.r11;
    to.r12 = from.r12, to.r13 = from.r13, to.r14 = from.r14, to.r15 = from.r15;
    to.rdi = from.rdi, to.rsi = from.rsi, to.rbp = from.rbp, to.rbx = from.rbx;
    to.rdx = from.rdx, to.rax = from.rax, to.rcx = from.rcx, to.rsp = from.rsp;
    to.rip = from.rip;
    to.rflags = (to.rflags & ~restorable_flags) | (from.rflags & restorable_flags) | interrupt_flag;
    return true;
}

void mark_extended_state(std::span<std::byte> area_and_magic, u64 features)
{
    const size_t size = area_and_magic.size() - magic2_size;
    fpstate_software_bytes marks{};
    marks.magic1 = fp_xstate_magic1;
    marks.extended_size = static_cast<u32>(area_and_magic.size());
    marks.features = features;
    marks.xstate_size = static_cast<u32>(size);
    memcpy(&area_and_magic[fpstate_software_offset], &marks, sizeof marks);
    memcpy(&area_and_magic[size], &fp_xstate_magic2, magic2_size);
}

bool is_marked_extended_state(std::span<const std::byte> area_and_magic)
{
    const size_t size = area_and_magic.size() - magic2_size;
    fpstate_software_bytes marks;
    memcpy(&marks, &area_and_magic[fpstate_software_offset], sizeof marks);
    u32 magic2;
    memcpy(&magic2, &area_and_magic[size], magic2_size);
    return marks.magic1 == fp_xstate_magic1 && marks.xstate_size == size && magic2 == fp_xstate_magic2;
}

bool is_on_stack(const stack& alternate, u64 sp)
{
    if (alternate.flags & (ss_autodisarm | ss_disable))
        return false;
    return sp > alternate.base && sp - alternate.base <= alternate.size;
}
} // namespace linux
