// The serial port against a model of the 16550.
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "drivers/serial/uart.hh"

namespace
{
class model_uart final : public serial::registers
{
  public:
    u8 read(unsigned index) override
    {
        switch (index) {
        case 0: {
            if (input.empty())
                return 0;
            const u8 byte = input.front();
            input.pop_front();
            return byte;
        }
        case 2: // what came while the interrupt was served keeps the line up
            if (!input.empty() || later.empty())
                return 1;
            std::swap(input, later);
            return 4;
        case 5:
            if (looks_until_sent > 0 && --looks_until_sent == 0)
                transmit();
            return static_cast<u8>((input.empty() ? 0 : 1) | (fifo.empty() ? 0x60 : 0));
        case 7:
            return present ? _registers[7] : 0xff;
        default:
            return _registers[index];
        }
    }
    void write(unsigned index, u8 value) override
    {
        if (index == 0 && !(_registers[3] & 0x80)) {
            EXPECT_LT(fifo.size(), 16u);
            fifo.push_back(static_cast<char>(value));
        }
        _registers[index] = value;
    }
    void transmit()
    {
        sent += fifo;
        fifo.clear();
    }
    u8 enabled() const { return _registers[1]; }

    std::deque<u8> input, later;
    std::string fifo, sent;
    bool present = true;
    unsigned looks_until_sent = 0;

  private:
    u8 _registers[8] = {};
};

std::span<const std::byte> bytes(std::string_view s)
{
    return std::as_bytes(std::span(s));
}
} // namespace

TEST(uart, absent_chip)
{
    model_uart chip;
    chip.present = false;
    serial::uart port(chip);
    EXPECT_FALSE(port.initialize());
}

TEST(uart, output_is_sent_by_interrupts)
{
    model_uart chip;
    serial::uart port(chip);
    ASSERT_TRUE(port.initialize());
    const std::string text(100, 'x');
    EXPECT_EQ(port.try_write(bytes(text)).value_or(0), 100u);
    EXPECT_EQ(chip.enabled(), 3);
    for (int i = 0; i < 7; i++) {
        chip.transmit();
        port.interrupt();
    }
    EXPECT_EQ(chip.sent, text);
    EXPECT_TRUE(port.drained());
    EXPECT_EQ(chip.enabled(), 1);
}

TEST(uart, output_has_an_end_of_room)
{
    model_uart chip;
    serial::uart port(chip);
    ASSERT_TRUE(port.initialize());
    const std::string text(5000, 'x');
    const size_t taken = port.try_write(bytes(text)).value_or(0);
    EXPECT_LT(taken, 5000u);
    EXPECT_TRUE(port.writable()); // 16 bytes went to the chip at once
    EXPECT_EQ(port.try_write(bytes(text)).value_or(0), 16u);
    EXPECT_FALSE(port.writable());
    EXPECT_EQ(port.try_write(bytes(text)).error(), errc::eagain);
}

TEST(uart, leaves_an_interrupt_only_when_its_line_is_down)
{
    model_uart chip;
    serial::uart port(chip);
    ASSERT_TRUE(port.initialize());
    chip.input.push_back('a');
    chip.later.push_back('b');
    port.interrupt();
    std::byte buffer[8];
    EXPECT_EQ(port.try_read(buffer).value_or(0), 2u);
}

TEST(uart, input_waits_in_the_ring_and_then_stops)
{
    model_uart chip;
    serial::uart port(chip);
    ASSERT_TRUE(port.initialize());
    std::byte buffer[8192];
    EXPECT_EQ(port.try_read(buffer).error(), errc::eagain);
    for (int i = 0; i < 5000; i++)
        chip.input.push_back(static_cast<u8>(i));
    port.interrupt();
    EXPECT_TRUE(port.readable());
    EXPECT_EQ(chip.enabled() & 1, 0); // full: the chip must wait
    EXPECT_EQ(port.try_read(std::span(buffer).first(5000)).value_or(0), 4096u);
    EXPECT_EQ(port.try_read(buffer).value_or(0), 904u);
    EXPECT_EQ(buffer[0], std::byte{4096 % 256});
    EXPECT_EQ(chip.enabled(), 1);
}

TEST(uart, nothing_is_left_in_the_chip_when_it_has_drained)
{
    model_uart model;
    serial::uart port(model);
    ASSERT_TRUE(port.initialize());
    ASSERT_TRUE(port.try_write(bytes("ab")));
    model.looks_until_sent = 5;
    EXPECT_TRUE(port.drained());
    EXPECT_EQ(model.sent, "ab");
}
