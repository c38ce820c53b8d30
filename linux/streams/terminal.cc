#include "linux/streams/terminal.hh"

#include <algorithm>

#include "core/boot/config.hh"
#include "core/mm/io_buffer.hh"
#include "core/mm/user_access.hh"
#include "core/sched/thread.hh"
#include "core/sync/mutex.hh"
#include "fs/vfs/anonymous_inode.hh"
#include "fs/vfs/device.hh"
#include "fs/vfs/lookup.hh"
#include "linux/signal/send.hh"
#include "linux/streams/control.hh"
#include "linux/streams/line_discipline.hh"
#include "linux/streams/terminal_echo.hh"
#include "linux/task/program.hh"

namespace linux
{
namespace
{
using mm::user_ptr;

class terminal final : public line_discipline::peer
{
  public:
    result<size_t> read(io_buffer& to, bool may_wait);
    result<size_t> write(io_buffer& from, output_stream& screen, bool may_wait);
    result<u64> control(u32 request, virt_addr argument);
    u32 poll(u32 interest, vfs::poll_registrar* registrar, output_stream& screen);

    void set_window(const winsize& size);
    void start_keyboard();

  private:
    // line_discipline::peer, called under _lock
    void echo(std::string_view bytes) REQUIRES(_lock) override { _echo.add(bytes); }
    void raise(int signal) REQUIRES(_lock) override { _signal = signal; }
    void set_stopped(bool stopped) override
    {
        _stopped.store(stopped, std::memory_order_relaxed);
        _running.wake_all();
    }

    static void keyboard_thread(void* self) { static_cast<terminal*>(self)->run_keyboard(); }
    void run_keyboard();
    void receive(std::span<const std::byte> bytes) EXCLUDES(_lock);
    void send_signal(int signal);
    result<void> wait_readable(size_t wanted) REQUIRES(_lock);
    result<u64> set_settings(virt_addr argument, bool flush);
    static output_stream& echo_screen();

    mutex _lock{lock_rank::tty};
    line_discipline _discipline GUARDED_BY(_lock){*this};
    winsize _window GUARDED_BY(_lock){};
    int _foreground GUARDED_BY(_lock) = program::initial_pid;
    int _signal GUARDED_BY(_lock) = 0;     // raised by the byte that is being received
    terminal_echo _echo GUARDED_BY(_lock); // what is to be echoed when the lock is free
    wait_queue _readable;
    wait_queue _room;
    wait_queue _running;
    std::atomic<bool> _stopped{false};
};

/// Made when the first descriptor of it is opened, and then for ever: the keyboard's thread uses it.
constinit std::atomic<terminal*> the_terminal{nullptr};

result<terminal*> get_terminal()
{
    if (terminal* const made = the_terminal.load(std::memory_order_acquire))
        return made;
    auto fresh = TRY(try_make_unique<terminal>());
    terminal* expected = nullptr;
    if (!the_terminal.compare_exchange_strong(expected, fresh.get()))
        return expected;
    const auto window = boot::configuration().window;
    fresh->set_window({window.rows, window.columns, 0, 0});
    fresh->start_keyboard();
    return fresh.release();
}

bool is_terminal(boot::stream_kind kind)
{
    return kind == boot::stream_kind::tty;
}

output_stream& terminal::echo_screen()
{
    return is_terminal(boot::configuration().standard_output) ? standard_output() : standard_error();
}

void terminal::start_keyboard()
{
    if (!is_terminal(boot::configuration().standard_input))
        return;
    if (auto thread = sched::thread::create("keyboard", keyboard_thread, this))
        thread.take()->start();
}

void terminal::run_keyboard()
{
    std::array<std::byte, 256> piece;
    for (;;) {
        const auto got = standard_input().read(piece, input_stream::blocking::yes);
        if (!got || *got == 0)
            break;
        receive({piece.data(), *got});
    }
    lock_guard guard{_lock};
    _discipline.close();
    _readable.wake_all(vfs::poll_event::readable | vfs::poll_event::hang_up);
}

/// Byte by byte, so that a signal or an echo comes at its place; waits where the discipline is full.
void terminal::receive(std::span<const std::byte> bytes)
{
    for (const std::byte byte : bytes) {
        int signal;
        terminal_echo echo;
        WITH_LOCK(_lock)
        {
            // A full line must still be editable, so only raw mode holds the keyboard back.
            if (!_discipline.canonical())
                (void)wait_until(_room, _lock, [&]() REQUIRES(_lock) {
                    return _discipline.room() > 0 || _discipline.canonical();
                });
            _discipline.receive(static_cast<u8>(byte));
            signal = std::exchange(_signal, 0);
            echo = std::exchange(_echo, {});
            if (_discipline.readable(1))
                _readable.wake_all(vfs::poll_event::readable);
        }
        if (!echo.view().empty())
            (void)echo_screen().write(std::as_bytes(std::span(echo.view())), output_stream::blocking::no);
        if (signal)
            send_signal(signal);
    }
}

void terminal::send_signal(int signal)
{
    if (auto* const program = first_program())
        (void)send_to_program(*program, kernel_info(signal));
}

/// Waits as VMIN and VTIME say. Returns when a read should take what there is.
result<void> terminal::wait_readable(size_t wanted)
{
    const auto& t = _discipline.settings();
    const size_t minimum = _discipline.canonical() ? 1 : t.characters[vmin];
    const auto tenths = milliseconds(_discipline.canonical() ? 0 : t.characters[vtime] * 100);
    const size_t needed = std::min(std::max<size_t>(minimum, 1), wanted);
    if (minimum == 0 && tenths == milliseconds(0))
        return {};
    if (minimum == 0 || tenths == milliseconds(0)) {
        wait_options options{.interruptible = true};
        if (minimum == 0)
            options.deadline = timekeeping::after(timekeeping::now(), tenths);
        const auto waited = wait_until(
            _readable, _lock, [&]() REQUIRES(_lock) { return _discipline.readable(needed); }, options);
        if (!waited && waited.error() != errc::etimedout)
            return waited;
        return {};
    }
    // Both: the clock runs between bytes, from the first one on.
    TRY(wait_until(_readable, _lock, [&]() REQUIRES(_lock) { return _discipline.readable(1); },
                   {.interruptible = true}));
    while (!_discipline.readable(needed)) {
        const size_t before = _discipline.available();
        const auto waited =
            wait_until(_readable, _lock, [&]() REQUIRES(_lock) { return _discipline.available() > before; },
                       {.deadline = timekeeping::after(timekeeping::now(), tenths), .interruptible = true});
        if (!waited)
            break;
    }
    return {};
}

result<size_t> terminal::read(io_buffer& to, bool may_wait)
{
    if (to.empty())
        return size_t{0};
    std::array<u8, 256> piece;
    size_t done = 0;
    bool first = true;
    for (;;) {
        size_t got;
        bool more;
        WITH_LOCK(_lock)
        {
            if (first) {
                if (!may_wait && !_discipline.readable(1))
                    return fail(errc::eagain);
                if (may_wait)
                    TRY(wait_readable(to.remaining()));
            }
            const size_t space = std::min(piece.size(), to.remaining());
            got = _discipline.take({piece.data(), space});
            // A line that is longer than the piece goes on; a new line is a new read.
            more = got == space && space == piece.size() &&
                   (!_discipline.canonical() || piece[got - 1] != '\n') && _discipline.available() > 0;
            _room.wake_all();
        }
        first = false;
        const size_t moved = to.copy_out(std::as_bytes(std::span(piece.data(), got)));
        done += moved;
        if (moved < got)
            return transferred(done, true);
        if (!more || to.empty())
            return done;
    }
}

result<size_t> terminal::write(io_buffer& from, output_stream& screen, bool may_wait)
{
    std::array<std::byte, 256> piece;
    size_t done = 0;
    while (!from.empty()) {
        if (_stopped.load(std::memory_order_relaxed) && may_wait)
            TRY(wait_until(_running, [&] { return !_stopped.load(std::memory_order_relaxed); },
                           {.interruptible = true}));
        const size_t got = from.copy_in({piece.data(), std::min(piece.size(), from.remaining())});
        if (got == 0)
            return transferred(done, true);
        const auto mode = may_wait ? output_stream::blocking::yes : output_stream::blocking::no;
        terminal_echo formatted; // big enough: every byte becomes at most two
        WITH_LOCK(_lock)
        {
            _discipline.format_output({reinterpret_cast<const char*>(piece.data()), got},
                                      [&](std::string_view bytes) { formatted.add(bytes); });
        }
        const auto put = screen.write(std::as_bytes(std::span(formatted.view())), mode);
        if (!put) {
            if (done)
                return done;
            return put;
        }
        done += got;
    }
    return done;
}

u32 terminal::poll(u32 interest, vfs::poll_registrar* registrar, output_stream& screen)
{
    if (registrar && interest & vfs::poll_event::readable)
        registrar->listen(_readable);
    if (auto* const queue = screen.queue(); queue && registrar && interest & vfs::poll_event::writable)
        registrar->listen(*queue);
    u32 ready = 0;
    lock_guard guard{_lock};
    if (_discipline.readable(1))
        ready |= interest & vfs::poll_event::readable;
    if (screen.writable())
        ready |= interest & vfs::poll_event::writable;
    return ready;
}

void terminal::set_window(const winsize& size)
{
    lock_guard guard{_lock};
    _window = size;
}

result<u64> terminal::set_settings(virt_addr argument, bool flush)
{
    const termios wanted = TRY(user_ptr<const termios>(argument).read());
    bool mode_changed;
    WITH_LOCK(_lock)
    {
        if (flush)
            _discipline.flush_input();
        mode_changed = (wanted.local ^ _discipline.settings().local) & icanon;
        _discipline.set(wanted);
        _readable.wake_all(vfs::poll_event::readable);
        _room.wake_all();
    }
    if (mode_changed)
        control::send("mode", wanted.local & icanon ? "stdin cooked" : "stdin raw");
    return u64{0};
}

result<u64> terminal::control(u32 request, virt_addr argument)
{
    switch (request) {
    case tcgets: {
        termios now;
        WITH_LOCK(_lock)
        {
            now = _discipline.settings();
        }
        TRY(user_ptr<termios>(argument).write(now));
        return u64{0};
    }
    case tcsets:
    case tcsetsw:
        return set_settings(argument, false);
    case tcsetsf:
        return set_settings(argument, true);
    case tiocgwinsz: {
        winsize now;
        WITH_LOCK(_lock)
        {
            now = _window;
        }
        TRY(user_ptr<winsize>(argument).write(now));
        return u64{0};
    }
    case tiocswinsz: {
        const winsize wanted = TRY(user_ptr<const winsize>(argument).read());
        set_window(wanted);
        send_signal(sigwinch);
        return u64{0};
    }
    case tiocgpgrp:
    case tiocgsid: {
        int group;
        WITH_LOCK(_lock)
        {
            group = request == tiocgsid ? program::initial_pid : _foreground;
        }
        TRY(user_ptr<int>(argument).write(group));
        return u64{0};
    }
    case tiocspgrp: {
        const int group = TRY(user_ptr<const int>(argument).read());
        if (group < 0)
            return fail(errc::einval);
        lock_guard guard{_lock};
        _foreground = group;
        return u64{0};
    }
    case fionread: {
        int waiting;
        WITH_LOCK(_lock)
        {
            waiting = static_cast<int>(_discipline.available());
        }
        TRY(user_ptr<int>(argument).write(waiting));
        return u64{0};
    }
    case tiocoutq:
        TRY(user_ptr<int>(argument).write(0));
        return u64{0};
    case tcflsh: {
        if (argument.value > 2) // TCIFLUSH, TCOFLUSH, TCIOFLUSH
            return fail(errc::einval);
        lock_guard guard{_lock};
        if (argument.value != 1)
            _discipline.flush_input();
        return u64{0};
    }
    case tcsbrk:
    case tcsbrkp:
    case tcxonc:
    case tiocsctty:
    case tiocnotty:
    case tiocexcl:
    case tiocnxcl:
        return u64{0};
    default:
        return fail(errc::enotty);
    }
}

class terminal_file final : public vfs::file
{
  public:
    terminal_file(const vfs::path& where, terminal& t, output_stream& screen, u32 flags)
        : file(where, flags), _terminal(t), _screen(screen)
    {
    }

    result<size_t> read(io_buffer& to) override { return _terminal.read(to, !nonblocking()); }
    result<size_t> write(io_buffer& from) override { return _terminal.write(from, _screen, !nonblocking()); }
    result<u64> control(u32 request, virt_addr argument) override
    {
        return _terminal.control(request, argument);
    }
    u32 poll(u32 interest, vfs::poll_registrar* registrar) override
    {
        return _terminal.poll(interest, registrar, _screen);
    }
    bool can_wait() const override { return true; }

  private:
    terminal& _terminal;
    output_stream& _screen;
};

result<ref_ptr<vfs::file>> open_device(vfs::device_number number, const vfs::path& where, u32 flags)
{
    constexpr u32 tty_minor = 0;
    const auto& config = boot::configuration();
    const bool any = is_terminal(config.standard_input) || is_terminal(config.standard_output) ||
                     is_terminal(config.standard_error);
    if (number.minor == tty_minor && !any)
        return fail(errc::enxio); // no controlling terminal
    auto* const t = TRY(get_terminal());
    output_stream& screen =
        is_terminal(config.standard_output) || !any ? standard_output() : standard_error();
    return TRY(make_ref<terminal_file>(where, *t, screen, flags));
}

constinit vfs::device_type terminal_devices{
    .type = vfs::file_type::character, .major = 5, .first_minor = 0, .minor_count = 2, .open = open_device};
} // namespace

result<ref_ptr<vfs::file>> open_terminal(output_stream& screen)
{
    auto* const t = TRY(get_terminal());
    const auto where = TRY(vfs::resolve(vfs::root(), "/dev/console"));
    return TRY(make_ref<terminal_file>(where, *t, screen, vfs::open_flag::read_write));
}

void set_window_size(u16 rows, u16 columns)
{
    terminal* const t = the_terminal.load(std::memory_order_acquire);
    if (!t)
        return;
    t->set_window({rows, columns, 0, 0});
    if (auto* const program = first_program())
        (void)send_to_program(*program, kernel_info(sigwinch));
}

void register_terminal_devices()
{
    vfs::register_device(terminal_devices);
}
} // namespace linux
