// /etc/resolv.conf, where the image has none or an empty one. An image with a read-only root has a link there
// that leads to /run.
#pragma once

#include <array>
#include <string_view>

#include "core/base/types.hh"

namespace boot
{
class resolver_file
{
  public:
    /// More than fit are left out: the C library looks at three only (resolv.conf(5)).
    void add_name_server(std::string_view address) { add_line("nameserver ", address); }
    void set_domain(std::string_view name) { add_line("search ", name); }

    /// Puts the lines in place of those that an earlier one put there. Thread context.
    void write() const;

  private:
    void add_line(std::string_view word, std::string_view value);

    std::array<char, 512> _text;
    size_t _length = 0;
};
} // namespace boot
