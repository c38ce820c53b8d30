// Panic: everything here works without memory, locks or devices but the first serial port.
//
// The backtrace follows frame pointers (%rbp) as long as they lie in kernel memory and ascend. run.py adds
// the symbols from kernel.elf.
#include "arch/x64/trap/panic.hh"

#include <atomic>

#include "arch/cpu.hh"
#include "arch/panic.hh"
#include "arch/x64/boot/early_console.hh"
#include "arch/x64/cpu/descriptors.hh"
#include "arch/x64/trap/vectors.hh"
#include "core/base/assert.hh"
#include "core/log.hh"

namespace arch
{
namespace
{
using power_off_function = void (*)();
constinit power_off_function switch_off = nullptr;
constinit std::atomic<bool> panicking{false};
constexpr unsigned most_frames = 32;

void write(std::string_view text)
{
    early_console::write(text);
}

template <class... Args>
void write_line(std::string_view text, const Args&... args)
{
    char buffer[240];
    const size_t n = klog::format(buffer, sizeof buffer, text, args...);
    write("kiln: ");
    write({buffer, n});
    write("\n");
}

bool is_kernel_address(u64 address)
{
    return address >= 0xffff800000000000 && address < 0xffffffffffe00000;
}

void backtrace(u64 frame_pointer, u64 rip)
{
    unsigned n = 0;
    if (rip)
        write_line("#{} {x}", n++, rip);
    while (n < most_frames && is_kernel_address(frame_pointer) && frame_pointer % 8 == 0) {
        const auto* words = reinterpret_cast<const u64*>(frame_pointer);
        if (!is_kernel_address(words[1]))
            break;
        write_line("#{} {x}", n++, words[1]);
        if (words[0] <= frame_pointer)
            break;
        frame_pointer = words[0];
    }
}

[[noreturn]] void stop()
{
    write("kiln: halted\n");
    if (switch_off)
        switch_off();
    // A triple fault resets the machine, which run.py and every hypervisor treat as its end.
    const table_pointer nothing{0, 0};
    asm volatile("lidt %0; int3" ::"m"(nothing));
    for (;;)
        asm volatile("cli; hlt");
}

void begin()
{
    irq_disable();
    if (panicking.exchange(true)) // a panic in a panic
        for (;;)
            asm volatile("cli; hlt");
}

void write_registers(const trap_frame& f)
{
    write_line("rip {x} rsp {x} rflags {x} error {x}", f.rip, f.rsp, f.rflags, f.error_code);
    write_line("rax {x} rbx {x} rcx {x} rdx {x} rsi {x}", f.rax, f.rbx, f.rcx, f.rdx, f.rsi);
    write_line("rdi {x} rbp {x} r8 {x} r9 {x} r10 {x}", f.rdi, f.rbp, f.r8, f.r9, f.r10);
    write_line("r11 {x} r12 {x} r13 {x} r14 {x} r15 {x}", f.r11, f.r12, f.r13, f.r14, f.r15);
}
} // namespace

void set_power_off(power_off_function power_off)
{
    switch_off = power_off;
}

void fatal_trap(const trap_frame& frame, const char* why)
{
    begin();
    if (why)
        write_line("panic: {}, trap {} at {x}", why, frame.vector, frame.rip);
    else
        write_line("panic: trap {} in the kernel at {x}", frame.vector, frame.rip);
    write_registers(frame);
    backtrace(frame.rbp, frame.rip);
    stop();
}

void fatal_page_fault(const trap_frame& frame, u64 address)
{
    begin();
    write_line("panic: page fault in the kernel at {x}, address {x}", frame.rip, address);
    write_registers(frame);
    backtrace(frame.rbp, frame.rip);
    stop();
}

void handle_nmi(const trap_frame&)
{
    if (panicking.load())
        for (;;)
            asm volatile("cli; hlt");
}
} // namespace arch

void panic(const char* message)
{
    arch::begin();
    arch::write_line("panic: {}", message);
    arch::backtrace(reinterpret_cast<u64>(__builtin_frame_address(0)), 0);
    arch::stop();
}

void assertion_failed(const char* expression, const char* file, int line)
{
    arch::begin();
    arch::write_line("panic: {}:{}: assertion failed: {}", file, line, expression);
    arch::backtrace(reinterpret_cast<u64>(__builtin_frame_address(0)), 0);
    arch::stop();
}

namespace boost
{
void assertion_failed(const char* expression, const char*, const char* file, long line)
{
    ::assertion_failed(expression, file, static_cast<int>(line));
}
} // namespace boost
