// The block that the linker leaves in application memory; see startup.hh for what is in it:
//
//     objects | TLS modules | indirect words | ranges to seal | the group |
//     program headers of files that map none | names
#pragma once

#include "core/mm/address_space.hh"
#include "loader/dynamic/library.hh"
#include "loader/dynamic/startup.hh"
#include "loader/dynamic/tls_layout.hh"
#include "loader/dynamic/user_memory.hh"

namespace linker
{
/// What a block tells of.
struct block_content {
    std::span<const unique_ptr<library>> libraries; // those that are new
    std::span<library* const> construction;         // the same, dependencies first
    std::span<library* const> group;                // of the library that is opened, itself first
    u64 modules_before = 0;                         // TLS modules of older libraries
    const tls_layout& tls;
};

class startup_block
{
  public:
    explicit startup_block(const block_content& content) : _content(content) {}

    /// Writes it into fresh memory and makes relocated constants read-only, now or, where the program must
    /// first fill in words of its own, by the library. Errors: enomem.
    result<startup::link> leave(mm::address_space& space, const user_memory& memory);

    virt_addr place; // of the block, set by leave() as soon as it is mapped
    u64 length = 0;

  private:
    result<void> seal(mm::address_space& space, const user_memory& memory);
    u64 new_modules() const { return _content.tls.modules - _content.modules_before; }
    size_t size_with(size_t indirect_words) const;
    void place_objects(u64 first);
    void fill(startup::object& to, const library& l) const;

    const block_content& _content;
    growing_array<startup::sealed> _sealed; // by the library
};
} // namespace linker
