// Frames on a serial line: there and back, damage, and the four streams over a model of the chip.
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

#include "drivers/serial/channels.hh"
#include "drivers/serial/uart.hh"

namespace
{
std::string encode(u8 channel, std::string_view payload)
{
    std::array<std::byte, serial::largest_frame> bytes;
    const size_t length = serial::encode_frame(channel, std::as_bytes(std::span(payload)), bytes);
    return {reinterpret_cast<const char*>(bytes.data()), length};
}

/// What a line says: "1:abc 4:x" for frames, the text between them left out.
std::vector<std::pair<u8, std::string>> decode(serial::frame_reader& reader, std::string_view line)
{
    std::vector<std::pair<u8, std::string>> frames;
    for (char c : line)
        if (const auto f = reader.feed(static_cast<u8>(c)))
            frames.emplace_back(
                f->channel, std::string(reinterpret_cast<const char*>(f->payload.data()), f->payload.size()));
    return frames;
}
} // namespace

TEST(framing, all_bytes_survive)
{
    std::string text;
    for (int i = 0; i < 256; i++)
        text.push_back(static_cast<char>(i));
    serial::frame_reader reader;
    const auto frames =
        decode(reader, encode(0xc0, text) + "kiln: a line\n" + encode(2, "x") + encode(3, "\xc0"));
    ASSERT_EQ(frames.size(), 3u);
    EXPECT_EQ(frames[0], std::pair(u8{0xc0}, text));
    EXPECT_EQ(frames[1], std::pair(u8{2}, std::string("x")));
    EXPECT_EQ(frames[2], std::pair(u8{3}, std::string("\xc0")));
}

TEST(framing, damage_costs_a_frame_or_two)
{
    serial::frame_reader reader;
    EXPECT_TRUE(decode(reader, "\xc0\x01\xdb\x41\xc0").empty()); // a bad escape
    EXPECT_TRUE(decode(reader, "\xc0\x01" + std::string(300, 'x') + "\xc0").empty());
    EXPECT_TRUE(decode(reader, "\xc0\xc0\xc0\xc0").empty());
    EXPECT_EQ(decode(reader, encode(1, "good")).size(), 1u);
}

TEST(framing, noise_never_breaks_the_reader)
{
    std::mt19937 random(3);
    serial::frame_reader reader;
    for (int i = 0; i < 1'000'000; i++) {
        const u8 special[] = {0xc0, 0xdb, 0xdc, 0xdd};
        const u8 byte = random() % 3 ? static_cast<u8>(random()) : special[random() % 4];
        const auto f = reader.feed(byte);
        ASSERT_LE(f ? f->payload.size() : 0, serial::largest_payload);
    }
}

namespace
{
/// A chip with a fast line at its other end.
class line_uart final : public serial::registers
{
  public:
    u8 read(unsigned index) override
    {
        if (index == 0 && !to_guest.empty()) {
            const u8 byte = static_cast<u8>(to_guest.front());
            to_guest.pop_front();
            return byte;
        }
        if (index == 5)
            return static_cast<u8>(to_guest.empty() ? 0x60 : 0x61);
        if (index == 2)
            return 1; // no interrupt is left when one has been served
        return index == 7 ? 0x5a : u8{0};
    }
    void write(unsigned index, u8 value) override
    {
        if (index == 3)
            _divisor = value & 0x80;
        else if (index == 0 && !_divisor)
            from_guest.push_back(static_cast<char>(value));
    }
    void say(std::string_view text) { to_guest.insert(to_guest.end(), text.begin(), text.end()); }

    std::deque<char> to_guest;
    std::string from_guest;

  private:
    bool _divisor = false;
};

u32 number(std::string_view s)
{
    u32 value = 0;
    for (size_t i = 0; i < s.size(); i++)
        value |= static_cast<u32>(static_cast<u8>(s[i])) << (8 * i);
    return value;
}
} // namespace

TEST(serial_channels, four_streams_over_one_line)
{
    // Streams stay registered for ever.
    static line_uart chip;
    static serial::uart port(chip);
    static serial::channels channels(port);
    ASSERT_TRUE(port.initialize());
    channels.start();
    auto* in = byte_streams::find("kiln.in");
    auto* out = byte_streams::find("kiln.out");
    auto* control = byte_streams::find("kiln.control");
    ASSERT_TRUE(in && out && control && byte_streams::find("kiln.err"));

    serial::frame_reader host;
    port.interrupt();
    auto frames = decode(host, chip.from_guest);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0].first, 1);
    EXPECT_EQ(number(frames[0].second), 4096u); // how much input the host may send
    chip.from_guest.clear();

    EXPECT_EQ(out->try_write(std::as_bytes(std::span("hello", 5))).value_or(0), 5u);
    for (int i = 0; i < 4; i++)
        port.interrupt();
    frames = decode(host, chip.from_guest);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0], std::pair(u8{2}, std::string("hello")));
    chip.from_guest.clear();

    chip.say(encode(4, "signal 15\n") + encode(1, std::string(200, 'a')) + encode(9, "nobody"));
    port.interrupt();
    std::byte buffer[4096];
    EXPECT_TRUE(control->readable());
    EXPECT_EQ(control->try_read(buffer).value_or(0), 10u);
    EXPECT_EQ(in->try_read(buffer).value_or(0), 200u);
    EXPECT_EQ(in->try_read(buffer).error(), errc::eagain);

    for (int i = 0; i < 4; i++)
        chip.say(encode(1, std::string(250, 'b')));
    port.interrupt();
    EXPECT_EQ(in->try_read(buffer).value_or(0), 1000u);
    for (int i = 0; i < 4; i++)
        port.interrupt();
    frames = decode(host, chip.from_guest);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(number(frames[0].second), 1200u); // granted in steps of a quarter of the ring
}

TEST(uart, what_belongs_together_is_not_torn_apart)
{
    line_uart chip;
    serial::uart port(chip);
    ASSERT_TRUE(port.initialize());
    std::vector<std::byte> much(5000);
    EXPECT_FALSE(port.write_whole(much));
    EXPECT_TRUE(port.write_whole(std::span(much).first(4096)));
    EXPECT_FALSE(port.write_whole(std::span(much).first(100)));
    EXPECT_LT(port.room(), 100u);
}
