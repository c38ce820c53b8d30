// virtio-console against a model device: the hand-shake, both directions, back-pressure, closing, and bad
// messages.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "drivers/virtio/console.hh"
#include "tests/unit/drivers/model_transport.hh"

namespace
{
struct control_message {
    u32 port;
    u16 event;
    u16 value;
};
enum event : u16 { device_ready = 0, device_add = 1, port_ready = 3, port_open = 6, port_name = 7 };

std::vector<std::byte> message_bytes(control_message m, std::string_view text)
{
    std::vector<std::byte> bytes(sizeof m);
    std::memcpy(bytes.data(), &m, sizeof m);
    for (char c : text)
        bytes.push_back(static_cast<std::byte>(c));
    return bytes;
}

/// A host with named ports, as QEMU's virtio-serial behaves. Names must differ between tests: streams stay
/// for ever.
class model_console : public model_device
{
  public:
    explicit model_console(std::vector<std::string> names) : _names(std::move(names))
    {
        features |= 1u << 1;
        type = virtio::device_type::console;
        set_configuration<u32>(4, static_cast<u32>(_names.size() + 1));
        queue_count = static_cast<u16>(2 * (_names.size() + 2));
        queue_limit = 64;
    }
    ~model_console() { stop(); }

    /// The driver; the streams that it makes point to it, so it is never destroyed, like in the kernel.
    virtio::console* make()
    {
        start([this](u16 queue, model_chain& chain) { return serve(queue, chain); });
        auto transport = try_make_unique<model_transport>(*this);
        byte_streams::expect_more();
        auto made = virtio::console::create(unique_ptr<virtio::transport>(transport.take().release()));
        return made ? made.take().release() : nullptr;
    }

    void send_control(control_message m, std::string_view text = {})
    {
        {
            std::lock_guard guard(mutex);
            _control.push_back(message_bytes(m, text));
        }
        poke();
    }
    void send(std::string_view text)
    {
        {
            std::lock_guard guard(mutex);
            input.append(text);
        }
        poke();
    }

    std::mutex mutex;
    std::string input;                 // to port 1
    std::map<u32, std::string> output; // by port
    bool takes_output = true;
    bool open_at_once = true;

  private:
    std::optional<u32> serve(u16 queue, model_chain& chain)
    {
        std::lock_guard guard(mutex);
        if (queue == 2) {
            if (_control.empty())
                return {};
            const auto bytes = std::move(_control.front());
            _control.pop_front();
            return chain.write(bytes);
        }
        if (queue == 3)
            return answer(chain);
        const u32 port = queue < 2 ? 0 : queue / 2 - 1u;
        if (queue % 2 == 1)
            return take_output(port, chain);
        if (port != 1 || input.empty())
            return {};
        const u32 count =
            chain.write(std::as_bytes(std::span(input)).first(std::min<size_t>(input.size(), chain.room())));
        input.erase(0, count);
        return count;
    }

    std::optional<u32> take_output(u32 port, model_chain& chain)
    {
        if (!takes_output)
            return {};
        output[port].append(reinterpret_cast<const char*>(chain.readable.data()), chain.readable.size());
        return 0;
    }

    u32 answer(model_chain& chain)
    {
        control_message m;
        std::memcpy(&m, chain.readable.data(), sizeof m);
        const auto queue_up = [&](control_message reply, std::string_view text = {}) {
            _control.push_back(message_bytes(reply, text));
        };
        if (m.event == device_ready)
            for (u32 i = 0; i < _names.size(); i++)
                queue_up({i + 1, device_add, 1});
        if (m.event == port_ready) {
            queue_up({m.port, port_name, 1}, _names[m.port - 1] + '\0');
            if (open_at_once)
                queue_up({m.port, port_open, 1});
        }
        poke(); // the control queue has something to say now
        return 0;
    }

    std::vector<std::string> _names;
    std::deque<std::vector<std::byte>> _control;
};

std::span<const std::byte> bytes(std::string_view s)
{
    return std::as_bytes(std::span(s));
}

std::string read_all(byte_stream& stream, size_t count)
{
    std::string text;
    std::byte buffer[5000];
    while (text.size() < count) {
        const auto got = stream.read(buffer);
        if (!got || *got == 0)
            break;
        text.append(reinterpret_cast<const char*>(buffer), *got);
    }
    return text;
}

std::string random_text(size_t size)
{
    std::mt19937 random(7);
    std::string text(size, 0);
    for (char& c : text)
        c = static_cast<char>(random());
    return text;
}
} // namespace

TEST(virtio_console, ports_appear_by_name)
{
    model_console host({"hs.in", "hs.out"});
    ASSERT_TRUE(host.make());
    auto* out = byte_streams::find_when_ready("hs.out");
    ASSERT_TRUE(out);
    ASSERT_TRUE(byte_streams::find_when_ready("hs.in"));
    EXPECT_FALSE(byte_streams::find("hs.err"));
    ASSERT_TRUE(out->write(bytes("hello")));
    ASSERT_TRUE(out->drain());
    std::lock_guard guard(host.mutex);
    EXPECT_EQ(host.output[2], "hello");
}

TEST(virtio_console, input_of_any_length)
{
    model_console host({"in.in"});
    ASSERT_TRUE(host.make());
    auto* in = byte_streams::find_when_ready("in.in");
    ASSERT_TRUE(in);
    std::byte one[1];
    EXPECT_EQ(in->try_read(one).error(), errc::eagain);
    EXPECT_FALSE(in->readable());
    const std::string text = random_text(300000);
    std::thread sender([&] {
        for (size_t at = 0; at < text.size(); at += 7777)
            host.send(std::string_view(text).substr(at, 7777));
    });
    EXPECT_EQ(read_all(*in, text.size()), text);
    sender.join();
}

TEST(virtio_console, output_waits_for_the_host)
{
    model_console host({"bp.in", "bp.out"});
    ASSERT_TRUE(host.make());
    auto* out = byte_streams::find_when_ready("bp.out");
    ASSERT_TRUE(out);
    {
        std::lock_guard guard(host.mutex);
        host.takes_output = false;
    }
    const std::string text = random_text(2'000'000);
    std::atomic<bool> finished{false};
    std::thread writer([&] {
        EXPECT_EQ(out->write(bytes(text)).value_or(0), text.size());
        finished = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(finished);
    EXPECT_FALSE(out->drained());
    {
        std::lock_guard guard(host.mutex);
        host.takes_output = true;
    }
    host.poke();
    writer.join();
    ASSERT_TRUE(out->drain());
    std::lock_guard guard(host.mutex);
    EXPECT_EQ(host.output[2], text);
}

TEST(virtio_console, nothing_is_written_before_the_host_has_opened)
{
    model_console host({"open.in", "open.out"});
    host.open_at_once = false;
    ASSERT_TRUE(host.make());
    auto* out = byte_streams::find_when_ready("open.out");
    ASSERT_TRUE(out);
    EXPECT_EQ(out->try_write(bytes("x")).error(), errc::eagain);
    std::thread opener([&] { host.send_control({2, port_open, 1}); });
    EXPECT_TRUE(out->write(bytes("x")));
    opener.join();
}

TEST(virtio_console, closing_ends_both_directions)
{
    model_console host({"close.in"});
    ASSERT_TRUE(host.make());
    auto* in = byte_streams::find_when_ready("close.in");
    ASSERT_TRUE(in);
    host.send("last words");
    EXPECT_EQ(read_all(*in, 10), "last words");
    host.send_control({1, port_open, 0});
    std::byte buffer[10];
    EXPECT_EQ(in->read(buffer).value_or(99), 0u);
    EXPECT_EQ(in->write(bytes("x")).error(), errc::epipe);
}

TEST(virtio_console, a_deadline_ends_a_read)
{
    model_console host({"deadline.in"});
    ASSERT_TRUE(host.make());
    auto* in = byte_streams::find_when_ready("deadline.in");
    ASSERT_TRUE(in);
    std::byte buffer[10];
    const auto soon = timekeeping::after(timekeeping::now(), milliseconds(20));
    EXPECT_EQ(in->read(buffer, {.deadline = soon}).error(), errc::etimedout);
}

TEST(virtio_console, odd_messages_are_ignored)
{
    model_console host({"odd.in"});
    ASSERT_TRUE(host.make());
    auto* in = byte_streams::find_when_ready("odd.in");
    ASSERT_TRUE(in);
    host.send_control({9999, device_add, 1});
    host.send_control({1, port_name, 1}, "second.name");
    host.send_control({0, port_open, 0});
    host.send_control({1, 77, 1});
    host.send_control({1, device_add, 1});
    host.send("still there");
    EXPECT_EQ(read_all(*in, 11), "still there");
    EXPECT_FALSE(byte_streams::find("second.name"));
}

TEST(virtio_console, a_device_without_ports_is_left_alone)
{
    model_console host({});
    host.features &= ~u64{2};
    EXPECT_FALSE(host.make());
}
