#include "loader/script.hh"

namespace loader
{
namespace
{
constexpr std::string_view blanks = " \t";

std::string_view trim(std::string_view s)
{
    const size_t first = s.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return s.substr(first, s.find_last_not_of(blanks) - first + 1);
}
} // namespace

std::optional<script_line> parse_script(std::string_view beginning)
{
    if (!beginning.starts_with("#!"))
        return std::nullopt;
    beginning.remove_prefix(2);
    const size_t end = beginning.find_first_of(std::string_view("\n\0", 2));
    const bool whole = end != std::string_view::npos || beginning.size() + 2 < probe_size;
    const std::string_view line = trim(beginning.substr(0, end));
    const size_t blank = line.find_first_of(blanks);
    if (line.empty() || (blank == std::string_view::npos && !whole))
        return std::nullopt;
    if (blank == std::string_view::npos)
        return script_line{line, {}};
    return script_line{line.substr(0, blank), trim(line.substr(blank))};
}
} // namespace loader
