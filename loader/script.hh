// The first line of a script: "#!/usr/bin/python3 -I". Pure; Linux's rules (fs/binfmt_script.c, execve(2)).
#pragma once

#include <optional>
#include <string_view>

#include "core/base/types.hh"

namespace loader
{
/// As much of a file's beginning as decides what it is.
inline constexpr size_t probe_size = 256;

struct script_line {
    std::string_view interpreter;
    std::string_view argument; // everything behind it as one word, or empty
};

/// `beginning` is the file's first probe_size bytes, or all of it. Empty if it is no usable script line: no
/// #!, no interpreter, or an interpreter's name that may be cut off.
std::optional<script_line> parse_script(std::string_view beginning);
} // namespace loader
