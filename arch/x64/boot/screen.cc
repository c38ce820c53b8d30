// A VGA in text mode, by writing to its memory. Source: IBM VGA technical reference.
//
// The memory holds eight screens. A new line at the bottom moves the window that is shown down by a row,
// which costs two registers; only at the memory's end is a screen copied to its beginning. (Reading and
// writing that memory costs an exit of the virtual machine each time.)
#include "arch/x64/boot/screen.hh"

#include "arch/port_io.hh"
#include "core/mm/layout.hh"

namespace arch::screen
{
namespace
{
constexpr u16 miscellaneous = 0x3cc; // all ones where there is no VGA
constexpr u8 in_colour = 1;
constexpr u16 index_port = 0x3d4, value_port = 0x3d5;
constexpr u8 start_register = 0x0c, cursor_register = 0x0e; // the higher byte; the lower one follows
constexpr phys_addr memory{0xb8000};
constexpr unsigned columns = 80, rows = 25, cells = 16384, screen_cells = columns * rows;
constexpr u16 blank = 0x0720, grey = 0x0700;

constinit bool started = false;
constinit bool present = false;
constinit unsigned window = 0; // the first cell that is shown
constinit unsigned cursor = 0;

volatile u16& cell(unsigned n)
{
    return mm::to_virtual<volatile u16>(memory)[n % cells]; // whatever another CPU did to the numbers
}

unsigned read_pair(u8 index)
{
    out8(index_port, index);
    const unsigned high = in8(value_port);
    out8(index_port, static_cast<u8>(index + 1));
    return high << 8 | in8(value_port);
}

void write_pair(u8 index, unsigned value)
{
    out8(index_port, index);
    out8(value_port, static_cast<u8>(value >> 8));
    out8(index_port, static_cast<u8>(index + 1));
    out8(value_port, static_cast<u8>(value));
}

void start()
{
    started = true;
    const u8 what = in8(miscellaneous);
    present = what != 0xff && (what & in_colour);
    if (!present)
        return;
    window = read_pair(start_register) % cells;
    cursor = read_pair(cursor_register) % cells;
    if (window + screen_cells > cells || cursor < window || cursor >= window + screen_cells)
        window = cursor = 0; // no text mode that we know
}

/// Makes room below the last row.
void scroll()
{
    if (window + columns + screen_cells > cells) {
        for (unsigned i = 0; i < screen_cells - columns; i++)
            cell(i) = cell(window + columns + i);
        cursor -= window + columns;
        window = 0;
    } else {
        window += columns;
    }
    for (unsigned i = 0; i < columns; i++)
        cell(window + screen_cells - columns + i) = blank;
    write_pair(start_register, window);
}

void put(char c)
{
    constexpr unsigned tab = 8;
    switch (c) {
    case '\n':
        cursor += columns - (cursor - window) % columns;
        break;
    case '\r':
        cursor -= (cursor - window) % columns;
        break;
    case '\t':
        cursor += tab - (cursor - window) % columns % tab;
        break;
    default:
        cell(cursor++) = static_cast<u16>(grey | (c >= ' ' && c <= '~' ? c : '?'));
    }
    if (cursor >= window + screen_cells)
        scroll();
}
} // namespace

void write(std::string_view text)
{
    if (!started)
        start();
    if (!present)
        return;
    for (const char c : text)
        put(c);
    write_pair(cursor_register, cursor);
}
} // namespace arch::screen
