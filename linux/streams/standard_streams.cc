#include "linux/streams/standard_streams.hh"

#include "core/boot/config.hh"
#include "fs/vfs/lookup.hh"
#include "linux/files/descriptor_table.hh"
#include "linux/streams/console.hh"
#include "linux/streams/stream_file.hh"
#include "linux/streams/terminal.hh"

namespace linux
{
namespace
{
constinit input_stream the_input;
constinit output_stream the_output{"kiln.out"};
constinit output_stream the_error{"kiln.err"};
} // namespace

input_stream& standard_input()
{
    return the_input;
}
output_stream& standard_output()
{
    return the_output;
}
output_stream& standard_error()
{
    return the_error;
}

result<size_t> input_stream::read(std::span<std::byte> to, blocking mode)
{
    byte_stream* const stream = _port.get();
    if (!stream || to.empty())
        return size_t{0};
    for (;;) {
        const auto got = stream->try_read(to);
        if (got) {
            _taken.fetch_add(*got, std::memory_order_relaxed);
            return got;
        }
        if (got.error() != errc::eagain)
            return got;
        if (at_end())
            return size_t{0};
        if (mode == blocking::no)
            return fail(errc::eagain);
        TRY(wait_until(stream->read_queue(), [&] { return stream->readable() || at_end(); },
                       {.interruptible = true}));
    }
}

bool input_stream::readable()
{
    byte_stream* const stream = _port.get();
    return !stream || stream->readable() || at_end();
}

wait_queue* input_stream::queue()
{
    byte_stream* const stream = _port.get();
    return stream ? &stream->read_queue() : nullptr;
}

void input_stream::set_end(u64 bytes)
{
    _end.store(bytes, std::memory_order_release); // pairs with at_end()
    if (auto* const waiting = queue())
        waiting->wake_all();
}

result<size_t> output_stream::write(std::span<const std::byte> from, blocking mode)
{
    byte_stream* const stream = _port.get();
    if (!stream)
        return write_to_console(from);
    size_t done = 0;
    while (done < from.size()) {
        if (hung_up()) {
            if (done)
                return done;
            return fail(errc::epipe);
        }
        const auto put = stream->try_write(from.subspan(done));
        if (put) {
            done += *put;
            _written.fetch_add(*put, std::memory_order_relaxed);
            continue;
        }
        errc error = put.error();
        if (error == errc::eagain && mode == blocking::yes) {
            const auto waited =
                wait_until(stream->write_queue(), [&] { return stream->writable() || hung_up(); },
                           {.interruptible = true});
            if (waited)
                continue;
            error = waited.error();
        }
        if (done)
            return done;
        return fail(error);
    }
    return done;
}

bool output_stream::writable()
{
    byte_stream* const stream = _port.get();
    return !stream || stream->writable() || hung_up();
}

void output_stream::hang_up()
{
    _hung_up.store(true, std::memory_order_relaxed);
    if (auto* const waiting = queue())
        waiting->wake_all();
}

wait_queue* output_stream::queue()
{
    byte_stream* const stream = _port.get();
    return stream ? &stream->write_queue() : nullptr;
}

void output_stream::drain()
{
    if (_written.load(std::memory_order_relaxed) == 0)
        return;
    if (byte_stream* const stream = _port.get())
        (void)stream->drain();
}

namespace
{
result<ref_ptr<vfs::file>> open_stream(boot::stream_kind kind, int descriptor)
{
    switch (kind) {
    case boot::stream_kind::null:
        return vfs::open(vfs::root(), "/dev/null", vfs::open_flag::read_write);
    case boot::stream_kind::tty:
        return open_terminal(descriptor == 2 ? standard_error() : standard_output());
    default:
        return descriptor == 0 ? open_input(the_input)
                               : open_output(descriptor == 1 ? the_output : the_error);
    }
}
} // namespace

result<void> open_standard_streams(descriptor_table& table)
{
    const auto& config = boot::configuration();
    const boot::stream_kind kinds[] = {config.standard_input, config.standard_output, config.standard_error};
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        auto file = TRY(open_stream(kinds[descriptor], descriptor));
        TRY(table.install_at(descriptor, std::move(file), on_exec::keep));
    }
    return {};
}
} // namespace linux
