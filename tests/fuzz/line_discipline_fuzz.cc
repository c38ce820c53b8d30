// A keyboard gone mad, a program that changes the settings and reads whenever it likes.
#include <cstdlib>
#include <cstring>

#include "linux/streams/line_discipline.hh"

namespace
{
struct screen final : linux::line_discipline::peer {
    void echo(std::string_view) override {}
    void raise(int) override {}
    void set_stopped(bool) override {}
};
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    screen s;
    linux::line_discipline d(s);
    u8 buffer[64];
    for (size_t i = 0; i < size; i++) {
        switch (data[i]) {
        case 0xf0: {
            linux::termios t = d.settings();
            std::memcpy(&t, data + i + 1, size - i - 1 < sizeof t ? size - i - 1 : sizeof t);
            d.set(t);
            break;
        }
        case 0xf1:
            if (d.take(buffer) > sizeof buffer)
                std::abort();
            break;
        case 0xf2:
            d.flush_input();
            break;
        default:
            d.receive(data[i]);
        }
        if (d.available() > linux::line_discipline::capacity)
            std::abort();
    }
    d.close();
    for (int i = 0; i < 10000 && d.available(); i++)
        (void)d.take(buffer);
    if (d.available())
        std::abort();
    return 0;
}
