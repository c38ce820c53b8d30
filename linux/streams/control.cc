#include "linux/streams/control.hh"

#include <algorithm>
#include <array>

#include "arch/early_output.hh"
#include "core/log.hh"
#include "core/sched/thread.hh"
#include "drivers/power/power.hh"
#include "linux/signal/crash_report.hh"
#include "linux/signal/send.hh"
#include "linux/streams/control_lines.hh"
#include "linux/streams/port.hh"
#include "linux/streams/standard_streams.hh"
#include "linux/streams/terminal.hh"
#include "linux/syscall/refusal.hh"
#include "linux/task/program.hh"

namespace control
{
namespace
{
/// Bytes on their way to the host. When it is full, lines are lost and counted.
class output_ring
{
  public:
    void put(std::string_view keyword, std::string_view text)
    {
        lock_guard guard{_lock};
        const size_t size = keyword.size() + 1 + text.size() + 1;
        if (size > capacity - (_written - _read)) {
            _lost++;
            return;
        }
        append(keyword);
        append(" ");
        append(text);
        append("\n");
    }

    /// Takes at most to.size() bytes off the front.
    size_t take(std::span<char> to)
    {
        lock_guard guard{_lock};
        size_t count = 0;
        while (count < to.size() && _read < _written)
            to[count++] = _bytes[_read++ % capacity];
        return count;
    }
    bool empty()
    {
        lock_guard guard{_lock};
        return _read == _written;
    }

  private:
    static constexpr size_t capacity = 8_KiB;

    void append(std::string_view text) REQUIRES(_lock)
    {
        for (const char c : text)
            _bytes[_written++ % capacity] = c == '\n' && text.size() > 1 ? ' ' : c;
    }

    spinlock _lock{lock_rank::log};
    std::array<char, capacity> _bytes GUARDED_BY(_lock){};
    size_t _written GUARDED_BY(_lock) = 0;
    size_t _read GUARDED_BY(_lock) = 0;
    size_t _lost GUARDED_BY(_lock) = 0;
};

constinit output_ring ring;
constinit linux::port the_port{"kiln.control"};
constinit wait_queue ring_filled;
constinit wait_queue ring_emptied;
constinit std::atomic<bool> sending{
    false}; // the sender holds bytes that are neither in the ring nor at the host

constinit std::atomic<bool> host_listens{false}; // it has taken bytes once
constexpr auto patience_with_nobody = seconds(5);

/// Moves the ring's bytes to the port until it is empty.
void empty_ring(byte_stream& stream)
{
    std::array<char, 512> piece;
    for (;;) {
        sending.store(true);
        const size_t size = ring.take(piece);
        if (size && stream.write(std::as_bytes(std::span(piece.data(), size))))
            host_listens.store(true, std::memory_order_relaxed);
        sending.store(false);
        if (size == 0)
            break;
    }
    ring_emptied.wake_all();
}

constinit std::atomic<bool> no_port{false};

/// Without a port the lines go to the serial one.
void write_early(std::string_view keyword, std::string_view text)
{
    arch::write_early_output("kiln: ");
    if (keyword != "log") {
        arch::write_early_output(keyword);
        arch::write_early_output(" ");
    }
    arch::write_early_output(text);
    arch::write_early_output("\n");
}

/// There is no port and will be none: what has been queued meanwhile, then everything else, goes to the
/// serial port.
void give_up_port()
{
    no_port.store(true);
    std::array<char, 256> piece;
    while (const size_t size = ring.take(piece))
        arch::write_early_output({piece.data(), size});
    ring_emptied.wake_all();
}

void sender(void*)
{
    byte_stream* const stream = the_port.get();
    if (!stream)
        return give_up_port();
    for (;;) {
        empty_ring(*stream);
        (void)wait_until(ring_filled, [] { return !ring.empty(); });
    }
}

void obey(const linux::control_message& message)
{
    using kind = linux::control_message::kind;
    switch (message.what) {
    case kind::end_of_input:
        return linux::standard_input().set_end(message.first);
    case kind::signal:
        if (auto* const program = linux::first_program())
            (void)linux::send_to_program(*program, linux::kernel_info(static_cast<int>(message.first)));
        return;
    case kind::window_size:
        return linux::set_window_size(static_cast<u16>(message.first), static_cast<u16>(message.second));
    case kind::hang_up_output:
        return linux::standard_output().hang_up();
    case kind::hang_up_error:
        return linux::standard_error().hang_up();
    }
}

void listener(void*)
{
    byte_stream* const stream = the_port.get();
    if (!stream)
        return;
    linux::line_assembler lines;
    std::array<char, 256> piece;
    for (;;) {
        const auto got = stream->read(std::as_writable_bytes(std::span(piece)));
        if (!got || *got == 0)
            return;
        lines.add({piece.data(), *got}, [](std::string_view line) {
            if (const auto message = linux::parse_control_line(line))
                obey(*message);
        });
    }
}

/// The power button asks the program to end, as SIGTERM does. Interrupt context.
void power_button_pressed()
{
    obey({linux::control_message::kind::signal, linux::sigterm});
}

constexpr std::string_view log_prefix = "kiln: ";

void log_sink(std::string_view line)
{
    if (line.starts_with(log_prefix))
        line.remove_prefix(log_prefix.size());
    send("log", line);
}
} // namespace

void send(std::string_view keyword, std::string_view text)
{
    if (no_port.load(std::memory_order_relaxed))
        return write_early(keyword, text);
    ring.put(keyword, text);
    // With interrupts off the caller may hold any spinlock, so nobody is woken: the line goes out with the
    // next one, or with the end of the program.
    if (arch::irqs_enabled())
        ring_filled.wake_all();
}

void send_entry()
{
    std::array<char, 24> text;
    const auto now = timekeeping::now().time_since_epoch().count();
    if (!no_port.load(std::memory_order_relaxed))
        send("entry", {text.data(), klog::format(text.data(), text.size(), "{}", now)});
}

result<void> start()
{
    TRY(sched::thread::create("control-send", sender, nullptr))->start();
    TRY(sched::thread::create("control-listen", listener, nullptr))->start();
    klog::set_sink(log_sink);
    linux::set_refusal_sink([](std::string_view text) { send("refused", text); });
    linux::set_report_sink([](std::string_view line) { send("report", line); });
    if (const auto watched = power::watch_button(power_button_pressed); !watched)
        klog::line("the power button cannot be watched, error {}", watched.error());
    return {};
}

void flush()
{
    byte_stream* const stream = the_port.get();
    if (!stream)
        return;
    ring_filled.wake_all();
    // A host that is slow is waited for; a port that nobody ever opened (QEMU's null) is not.
    const auto deadline = host_listens.load(std::memory_order_relaxed)
                              ? timekeeping::never
                              : timekeeping::after(timekeeping::now(), patience_with_nobody);
    if (wait_until(ring_emptied, [] { return ring.empty() && !sending.load(); }, {.deadline = deadline}))
        (void)stream->drain();
}

void finish(u32 wait_status)
{
    auto& out = linux::standard_output();
    auto& err = linux::standard_error();
    out.drain();
    err.drain();
    std::array<char, 72> text;
    const size_t size =
        klog::format(text.data(), text.size(), "{} {} {}", wait_status, out.written(), err.written());
    send("exit", {text.data(), size});
    flush();
    power::off();
}
} // namespace control
