#include "linux/streams/line_discipline.hh"

#include <algorithm>

#include "linux/abi/signal.hh"

namespace linux
{
namespace
{
constexpr u8 mark_line_end = 1;
constexpr u8 mark_end_of_file = 2; // the byte itself is not given to the reader

constexpr bool is_control(u8 byte)
{
    return byte < 0x20 || byte == 0x7f;
}
constexpr bool is_continuation(u8 byte)
{
    return (byte & 0xc0) == 0x80;
} // inside a UTF-8 character
constexpr bool is_word(u8 byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           byte == '_' || byte >= 0x80;
}
constexpr u8 control_key(char letter)
{
    return static_cast<u8>(letter & 0x1f);
}
} // namespace

termios default_termios()
{
    termios t{};
    t.input = icrnl | ixon | iutf8;
    t.output = opost | onlcr;
    t.control = b38400 | cs8 | cread | hupcl;
    t.local = isig | icanon | echo | echoe | echok | echoctl | echoke | iexten;
    t.characters[vintr] = control_key('C');
    t.characters[vquit] = 0x1c;
    t.characters[verase] = 0x7f;
    t.characters[vkill] = control_key('U');
    t.characters[veof] = control_key('D');
    t.characters[vmin] = 1;
    t.characters[vstart] = control_key('Q');
    t.characters[vstop] = control_key('S');
    t.characters[vsusp] = control_key('Z');
    t.characters[vreprint] = control_key('R');
    t.characters[vdiscard] = control_key('O');
    t.characters[vwerase] = control_key('W');
    t.characters[vlnext] = control_key('V');
    return t;
}

line_discipline::line_discipline(peer& p) : _peer(p), _settings(default_termios()) {}

void line_discipline::set(const termios& settings)
{
    const bool mode_changed = (settings.local ^ _settings.local) & icanon;
    _settings = settings;
    _literal_next = false;
    if (mode_changed) {
        if (_count > _complete)
            _marks[index(_count - 1)] |= mark_line_end;
        _complete = _count;
    }
    if (_stopped && !(_settings.input & ixon)) {
        _stopped = false;
        _peer.set_stopped(false);
    }
}

void line_discipline::receive(u8 byte)
{
    if (_closed)
        return;
    if (_settings.input & istrip)
        byte &= 0x7f;
    if (_literal_next) {
        _literal_next = false;
        receive_plain(byte, false);
        return;
    }
    if (byte == '\r') {
        if (_settings.input & igncr)
            return;
        if (_settings.input & icrnl)
            byte = '\n';
    } else if (byte == '\n' && _settings.input & inlcr) {
        byte = '\r';
    }
    if (receive_flow_control(byte) || receive_signal(byte))
        return;
    if (canonical() && receive_editing(byte))
        return;
    const bool ends_line = canonical() && (byte == '\n' || is_character(byte, veol) ||
                                           (has(iexten) && is_character(byte, veol2)));
    receive_plain(byte, ends_line);
}

bool line_discipline::receive_flow_control(u8 byte)
{
    if (!(_settings.input & ixon))
        return false;
    if (is_character(byte, vstop)) {
        _stopped = true;
        _peer.set_stopped(true);
        return true;
    }
    const bool starts = is_character(byte, vstart);
    if (_stopped && (starts || _settings.input & ixany)) {
        _stopped = false;
        _peer.set_stopped(false);
    }
    return starts;
}

bool line_discipline::receive_signal(u8 byte)
{
    if (!has(isig))
        return false;
    int signal;
    if (is_character(byte, vintr))
        signal = sigint;
    else if (is_character(byte, vquit))
        signal = sigquit;
    else if (is_character(byte, vsusp))
        signal = sigtstp;
    else
        return false;
    if (!has(noflsh))
        flush_input();
    echo_byte(byte);
    _peer.raise(signal);
    return true;
}

bool line_discipline::receive_editing(u8 byte)
{
    if (is_character(byte, verase)) {
        erase_last();
    } else if (is_character(byte, vkill)) {
        erase_line();
    } else if (is_character(byte, veof)) {
        append(byte, true, true);
    } else if (has(iexten) && is_character(byte, vwerase)) {
        erase_word();
    } else if (has(iexten) && is_character(byte, vlnext)) {
        _literal_next = true;
        if (has(echo) && has(echoctl))
            _peer.echo("^\b");
    } else if (has(iexten) && is_character(byte, vreprint)) {
        echo_byte(byte);
        if (has(echo)) {
            _peer.echo("\r\n");
            for (size_t i = _complete; i < _count; i++)
                echo_byte(_bytes[index(i)]);
        }
    } else {
        return false;
    }
    return true;
}

void line_discipline::receive_plain(u8 byte, bool ends_line)
{
    // In canonical mode the last place is kept for what ends the line.
    const size_t limit = canonical() && !ends_line ? capacity - 1 : capacity;
    if (_count >= limit) {
        if (_settings.input & imaxbel)
            _peer.echo("\a");
        return;
    }
    append(byte, ends_line, false);
    if (has(echo))
        echo_byte(byte);
    else if (byte == '\n' && has(echonl) && canonical())
        echo_byte(byte);
}

void line_discipline::append(u8 byte, bool ends_line, bool end_of_file)
{
    if (_count == capacity)
        return;
    _bytes[index(_count)] = byte;
    _marks[index(_count)] =
        static_cast<u8>((ends_line ? mark_line_end : 0) | (end_of_file ? mark_end_of_file : 0));
    _count++;
    if (ends_line || !canonical())
        _complete = _count;
}

void line_discipline::echo_byte(u8 byte)
{
    if (!has(echo) && byte != '\n')
        return;
    if (has(echoctl) && is_control(byte) && byte != '\t' && byte != '\n') {
        const char shown[2] = {'^', static_cast<char>(byte ^ 0x40)};
        _peer.echo({shown, 2});
        return;
    }
    const char plain = static_cast<char>(byte);
    format_output({&plain, 1}, [&](std::string_view bytes) { _peer.echo(bytes); });
}

void line_discipline::erase_last()
{
    if (_count == _complete)
        return;
    u8 byte;
    do {
        byte = last_byte();
        _count--;
    } while (_settings.input & iutf8 && is_continuation(byte) && _count > _complete);
    if (!has(echo))
        return;
    if (!has(echoe))
        return echo_byte(_settings.characters[verase]);
    // A control character is shown as two. A tab is wiped as one: its width depends on what is before it.
    _peer.echo(is_control(byte) && byte != '\t' && has(echoctl) ? "\b \b\b \b" : "\b \b");
}

void line_discipline::erase_word()
{
    while (_count > _complete && !is_word(last_byte()))
        erase_last();
    while (_count > _complete && is_word(last_byte()))
        erase_last();
}

void line_discipline::erase_line()
{
    if (has(echoke) && has(echoe)) {
        while (_count > _complete)
            erase_last();
        return;
    }
    _count = _complete;
    if (has(echo)) {
        echo_byte(_settings.characters[vkill]);
        if (has(echok))
            echo_byte('\n');
    }
}

void line_discipline::close()
{
    _closed = true;
    if (_count > _complete)
        _marks[index(_count - 1)] |= mark_line_end;
    _complete = _count;
}

bool line_discipline::readable(size_t minimum) const
{
    if (_closed)
        return true;
    return canonical() ? _complete > 0 : _complete >= std::min(minimum, capacity);
}

size_t line_discipline::available() const
{
    size_t bytes = _complete;
    if (canonical())
        for (size_t i = 0; i < _complete; i++)
            bytes -= _marks[index(i)] & mark_end_of_file ? 1 : 0;
    return bytes;
}

size_t line_discipline::take(std::span<u8> to)
{
    size_t taken = 0;
    while (_complete > 0) {
        const u8 marks = canonical() ? _marks[_start] : 0;
        if (!(marks & mark_end_of_file)) {
            if (taken == to.size())
                break;
            to[taken++] = _bytes[_start];
        }
        _start = (_start + 1) % capacity;
        _count--;
        _complete--;
        if (marks)
            break;
    }
    return taken;
}

void line_discipline::flush_input()
{
    _count = _complete = 0;
}

size_t line_discipline::length_of_plain_output(std::string_view bytes)
{
    if (!(_settings.output & opost))
        return bytes.size();
    size_t i = 0;
    for (; i < bytes.size(); i++) {
        const char c = bytes[i];
        if ((c == '\n' && _settings.output & (onlcr | onlret)) ||
            (c == '\r' && _settings.output & (ocrnl | onocr)))
            break;
        _column = c == '\r' || c == '\n' ? 0 : _column + 1;
    }
    return i;
}

std::string_view line_discipline::replace_output(char byte)
{
    if (byte == '\n') {
        _column = 0;
        return _settings.output & onlcr ? "\r\n" : "\n";
    }
    if (_settings.output & onocr && _column == 0)
        return {};
    if (_settings.output & ocrnl)
        return "\n";
    _column = 0;
    return "\r";
}
} // namespace linux
