// Reading the patterns of a table: parts, and which rows lie in a directory. Pure.
#pragma once

#include <optional>

#include "linux/proc/tree.hh"

namespace proc
{
/// One entry of a directory: what stands at `prefix` + `part`.
struct pattern_part {
    std::string_view part; // "task" or "{tid}"
    bool is_leaf;          // the row ends here
    bool is_number() const { return part.ends_with('}'); }
    /// What stands before the number.
    std::string_view letters() const { return part.substr(0, part.find('{')); }
    /// The kind's name.
    std::string_view kind() const
    {
        return part.substr(letters().size() + 1, part.size() - letters().size() - 2);
    }
};

/// The part of a row that follows the directory `prefix`; nothing if the row does not lie in it.
std::optional<pattern_part> part_after(std::string_view pattern, std::string_view prefix);

/// Whether an earlier row has the same part in this directory.
bool is_repeated(const table& content, size_t row, std::string_view prefix, std::string_view part);

/// The number in a name that begins with `letters`; no leading zeros.
std::optional<u32> parse_number(std::string_view name, std::string_view letters);

const number_kind* find_kind(const table& content, std::string_view name);
} // namespace proc
