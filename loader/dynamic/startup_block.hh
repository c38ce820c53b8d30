// The block that the linker leaves in application memory; see startup.hh for what is in it:
//
//     objects | TLS modules | indirect words | ranges to seal | program headers of files that map none |
//     names
#pragma once

#include "core/mm/address_space.hh"
#include "loader/dynamic/library.hh"
#include "loader/dynamic/startup.hh"
#include "loader/dynamic/tls_layout.hh"
#include "loader/dynamic/user_memory.hh"

namespace linker
{
class startup_block
{
  public:
    startup_block(std::span<const unique_ptr<library>> libraries, std::span<library* const> construction,
                  const tls_layout& tls)
        : _libraries(libraries), _construction(construction), _tls(tls)
    {
    }

    /// Writes it into fresh memory and makes relocated constants read-only, now or, where the program must
    /// first fill in words of its own, by the library. Errors: enomem.
    result<startup::link> leave(mm::address_space& space, const user_memory& memory);

  private:
    result<void> seal(mm::address_space& space, const user_memory& memory);
    size_t index_of(const library* l) const;

    std::span<const unique_ptr<library>> _libraries;
    std::span<library* const> _construction;
    const tls_layout& _tls;
    growing_array<startup::sealed> _sealed; // by the library
};
} // namespace linker
