#include "linux/proc/pattern.hh"

#include <charconv>

namespace proc
{
std::optional<pattern_part> part_after(std::string_view pattern, std::string_view prefix)
{
    if (!pattern.starts_with(prefix))
        return std::nullopt;
    const auto rest = pattern.substr(prefix.size());
    if (rest.empty())
        return std::nullopt;
    const size_t slash = rest.find('/');
    return pattern_part{rest.substr(0, slash), slash == std::string_view::npos};
}

bool is_repeated(const table& content, size_t row, std::string_view prefix, std::string_view part)
{
    for (size_t i = 0; i < row; i++)
        if (const auto earlier = part_after(content.rows[i].pattern, prefix);
            earlier && earlier->part == part)
            return true;
    return false;
}

std::optional<u32> parse_number(std::string_view name, std::string_view letters)
{
    if (!name.starts_with(letters))
        return std::nullopt;
    name.remove_prefix(letters.size());
    u32 value = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
    if (error != std::errc{} || end != name.data() + name.size() || (name.size() > 1 && name[0] == '0'))
        return std::nullopt;
    return value;
}

const number_kind* find_kind(const table& content, std::string_view name)
{
    for (const auto* kind : content.kinds)
        if (kind->name == name)
            return kind;
    return nullptr;
}
} // namespace proc
