// The lines that the host sends on kiln.control (docs/boot-protocol.md): cut out of the byte stream and
// understood. Pure, for host tests and the fuzzer.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/types.hh"

namespace linux
{
struct control_message {
    enum class kind : u8 { end_of_input, signal, window_size, hang_up_output, hang_up_error };
    kind what;
    u64 first = 0;  // bytes, signal or rows
    u64 second = 0; // columns
};

/// What a line means; nothing for lines that are not known or out of range.
std::optional<control_message> parse_control_line(std::string_view line);

/// Puts lines together from pieces; a line that is too long is passed over.
class line_assembler
{
  public:
    /// Calls take(std::string_view) for each line that is complete, without its newline.
    template <class Take>
    void add(std::string_view piece, Take take)
    {
        for (const char c : piece) {
            if (c != '\n') {
                if (_length < _line.size())
                    _line[_length] = c;
                _length++;
                continue;
            }
            if (_length <= _line.size())
                take(std::string_view(_line.data(), _length));
            _length = 0;
        }
    }

  private:
    std::array<char, 128> _line;
    size_t _length = 0;
};
} // namespace linux
