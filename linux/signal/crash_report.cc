// Writing crash reports; see crash_report.hh. Everything here reads application memory through user_access,
// because the stack of a crashing program may be anything.
#include "linux/signal/crash_report.hh"

#include <atomic>

#include "core/log.hh"
#include "core/mm/user_access.hh"
#include "linux/signal/names.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
void log_report_line(std::string_view text)
{
    klog::detail("{}", text);
}

constinit std::atomic<report_sink> sink{log_report_line};

constexpr unsigned max_backtrace = 32;
constexpr size_t line_length = 240;

template <class... Args>
void report(std::string_view text, const Args&... args)
{
    char buffer[line_length];
    const size_t length = klog::format(buffer, sizeof buffer, text, args...);
    sink.load(std::memory_order_relaxed)({buffer, length});
}

/// "NAME+0xOFFSET" of a code address.
struct place_name {
    char text[160];
    size_t length;

    place_name(task& victim, u64 address)
        : length(victim.program().address_space().describe(virt_addr(address), text, sizeof text))
    {
    }
    std::string_view view() const { return {text, length}; }
};

bool has_fault_address(const siginfo& info)
{
    return info.code > 0 && info.code != si_kernel && (info.signal == sigsegv || info.signal == sigbus);
}

void report_registers(const arch::trap_frame& f)
{
    report("rip {x} rsp {x} rflags {x}", f.rip, f.rsp, f.rflags);
    report("rax {x} rbx {x} rcx {x} rdx {x}", f.rax, f.rbx, f.rcx, f.rdx);
    report("rsi {x} rdi {x} rbp {x} r8  {x}", f.rsi, f.rdi, f.rbp, f.r8);
    report("r9  {x} r10 {x} r11 {x} r12 {x}", f.r9, f.r10, f.r11, f.r12);
    report("r13 {x} r14 {x} r15 {x}", f.r13, f.r14, f.r15);
}

bool is_mapped(task& victim, u64 address)
{
    return victim.program().address_space().with_area(virt_addr(address), [](const mm::area&) {});
}

void report_frame(task& victim, unsigned number, u64 address)
{
    report("#{} {x} {}", number, address, place_name(victim, address).view());
}

/// Follows frame pointers as long as they look like ones; code built without them gives what lies on the
/// stack's top.
void report_backtrace(task& victim, const arch::trap_frame& f)
{
    unsigned n = 0;
    report_frame(victim, n++, f.rip);
    // A jump to a wild address: who called it lies on top of the stack.
    const auto top = mm::user_ptr<u64>(f.rsp).read();
    if (!is_mapped(victim, f.rip) && top)
        report_frame(victim, n++, *top);
    for (u64 frame_pointer = f.rbp; n < max_backtrace; n++) {
        struct {
            u64 next, return_address;
        } link;
        if (frame_pointer < f.rsp || !is_aligned(frame_pointer, 8) ||
            !mm::copy_from_user(&link, virt_addr(frame_pointer), sizeof link))
            return;
        if (link.return_address == 0)
            return;
        report_frame(victim, n, link.return_address);
        if (link.next <= frame_pointer)
            return;
        frame_pointer = link.next;
    }
}

void report_area(task& victim, u64 address)
{
    const bool mapped =
        victim.program().address_space().with_area(virt_addr(address), [&](const mm::area& a) {
            report("it lies in the mapping {x}-{x} {}{}{}", a.start().value, a.end().value,
                   mm::has(a.attributes().rights, mm::protection::read) ? 'r' : '-',
                   mm::has(a.attributes().rights, mm::protection::write) ? 'w' : '-',
                   mm::has(a.attributes().rights, mm::protection::execute) ? 'x' : '-');
        });
    if (!mapped)
        report("nothing is mapped there");
}
} // namespace

void report_crash(task& victim, const arch::trap_frame& frame, const siginfo& info)
{
    const auto name = signal_name(info.signal);
    if (is_mapped(victim, frame.rip))
        klog::line("killed by signal {} ({}) at {x} in {}", info.signal, name, frame.rip,
                   place_name(victim, frame.rip).view());
    else
        klog::line("killed by signal {} ({}) at {x}, where nothing is mapped", info.signal, name, frame.rip);

    report("thread {} ({}) killed by signal {} ({}), code {}", victim.tid, victim.name(), info.signal, name,
           info.code);
    if (has_fault_address(info)) {
        report("faulting address {x}", info.fault.address);
        report_area(victim, info.fault.address);
    }
    report_registers(frame);
    report_backtrace(victim, frame);
}

void report_termination(const siginfo& info)
{
    switch (info.signal) {
    case sigint:
    case sigpipe:
    case sigterm:
        return;
    default:
        klog::line("killed by signal {} ({})", info.signal, signal_name(info.signal));
    }
}

void set_report_sink(report_sink s)
{
    sink.store(s, std::memory_order_relaxed);
}
} // namespace linux
