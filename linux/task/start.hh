// The first thread of a program.
#pragma once

#include <string_view>

#include "linux/task/program.hh"

namespace linux
{
struct start_point {
    virt_addr entry;
    virt_addr stack_pointer;
};

/// Makes a program of its parts and lets its first thread run. `name` is the executable's last component.
/// Errors: enomem.
result<void> start_program(program_parts parts, std::string_view name, const start_point& where);
} // namespace linux
