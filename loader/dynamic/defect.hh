// What is wrong with an object that is to be linked; each has its own sentence.
#pragma once

#include <string_view>

#include "core/base/types.hh"

namespace linker
{
enum class defect : u8 {
    none,
    no_dynamic_section,
    dynamic_section,
    no_strings,
    no_symbols,
    name,
    hash_table,
    versions,
    relocations,
    relocation_without_addend,
    relocation_kind,
    relocation_place,
    relocation_symbol,
    tls,
    too_many_libraries,
    tls_too_late,
    unresolved_symbol, // the linker names it
    not_written,       // memory that relocations go to is not there: the program's own limits
};

/// As the end of a sentence about the file.
std::string_view describe(defect d);
} // namespace linker
