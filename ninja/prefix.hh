// The standard and Boost headers that most files use, compiled once per variant: parsing them is three
// quarters of the time that a file takes. Files include what they need all the same (scripts/check compiles
// without this).

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <compare>
#include <concepts>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/base/intrusive.hh"
