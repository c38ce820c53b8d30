// A ring of descriptors in RAM: as many as fit, aligned as the card wants them.
#pragma once

#include <span>

#include "core/base/make_unique.hh"
#include "core/mm/layout.hh"

namespace e1000
{
template <class Descriptor>
class ring
{
  public:
    /// Errors: enomem.
    static result<ring> create(u32 size)
    {
        ring made;
        made._memory = TRY(try_make_unique<std::byte[]>(size * sizeof(Descriptor) + alignment));
        made._descriptors =
            reinterpret_cast<Descriptor*>(align_up(reinterpret_cast<u64>(made._memory.get()), alignment));
        made._size = size;
        return made;
    }

    u32 size() const { return _size; }
    u32 bytes() const { return _size * static_cast<u32>(sizeof(Descriptor)); }
    phys_addr address() const { return mm::to_physical(_descriptors); }
    Descriptor& operator[](u32 i) { return _descriptors[i]; }
    u32 next(u32 i) const { return i + 1 == _size ? 0 : i + 1; }

  private:
    static constexpr size_t alignment = 128;

    ring() = default;

    unique_ptr<std::byte[]> _memory;
    Descriptor* _descriptors = nullptr;
    u32 _size = 0;
};
} // namespace e1000
