#include "linux/streams/control_lines.hh"

#include <charconv>

namespace linux
{
namespace
{
/// Takes the next word off the line.
std::string_view next_word(std::string_view& line)
{
    const size_t space = line.find(' ');
    const auto word = line.substr(0, space);
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
    return word;
}

std::optional<u64> number(std::string_view word, u64 limit)
{
    u64 value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size() || value > limit)
        return std::nullopt;
    return value;
}
} // namespace

std::optional<control_message> parse_control_line(std::string_view line)
{
    using kind = control_message::kind;
    const auto what = next_word(line);
    const auto first = next_word(line);
    const auto second = next_word(line);
    if (what == "eof") {
        if (const auto bytes = number(first, ~u64{0} - 1))
            return control_message{kind::end_of_input, *bytes};
    } else if (what == "signal") {
        if (const auto signal = number(first, 64); signal && *signal > 0)
            return control_message{kind::signal, *signal};
    } else if (what == "winsize") {
        const auto rows = number(first, 0xffff);
        const auto columns = number(second, 0xffff);
        if (rows && columns)
            return control_message{kind::window_size, *rows, *columns};
    } else if (what == "hangup") {
        if (first == "out")
            return control_message{kind::hang_up_output};
        if (first == "err")
            return control_message{kind::hang_up_error};
    }
    return std::nullopt;
}
} // namespace linux
