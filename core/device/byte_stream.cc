// The blocking half of byte streams, and the list of them; see byte_stream.hh.
#include "core/device/byte_stream.hh"

#include "core/sync/spinlock.hh"

result<size_t> byte_stream::read(std::span<std::byte> buffer, const wait_options& options)
{
    for (;;) {
        const auto got = try_read(buffer);
        if (got || got.error() != errc::eagain)
            return got;
        TRY(wait_until(
            _read_queue, [&] { return readable(); }, options));
    }
}

result<size_t> byte_stream::write(std::span<const std::byte> bytes, const wait_options& options)
{
    size_t done = 0;
    while (done < bytes.size()) {
        const auto taken = try_write(bytes.subspan(done));
        if (taken) {
            done += *taken;
            continue;
        }
        auto outcome = result<void>(fail(taken.error()));
        if (taken.error() == errc::eagain)
            outcome = wait_until(
                _write_queue, [&] { return writable(); }, options);
        if (!outcome) {
            if (done > 0)
                return done;
            return fail(outcome.error());
        }
    }
    return done;
}

result<void> byte_stream::drain(const wait_options& options)
{
    return wait_until(
        _write_queue, [&] { return drained(); }, options);
}

namespace byte_streams
{
namespace
{
constinit registry<byte_stream> streams;
constinit std::atomic<unsigned> expecting_drivers{0};
constinit wait_queue appeared;
} // namespace

void add(byte_stream& stream)
{
    streams.add(stream);
    appeared.wake_all();
}

byte_stream* find(std::string_view name)
{
    return streams.find([&](const byte_stream& s) { return s.name() == name; });
}

byte_stream* find_when_ready(std::string_view name)
{
    const auto settled = [&] { return find(name) || expecting_drivers.load(std::memory_order_acquire) == 0; };
    (void)wait_until(appeared, settled, {.deadline = timekeeping::after(timekeeping::now(), seconds(2))});
    return find(name);
}

void expect_more()
{
    expecting_drivers.fetch_add(1, std::memory_order_relaxed);
}

void expect_no_more()
{
    expecting_drivers.fetch_sub(1, std::memory_order_release);
    appeared.wake_all();
}
} // namespace byte_streams
