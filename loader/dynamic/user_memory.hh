// The running address space as the linker's memory, and the list of words that functions of the program will
// fill.
#pragma once

#include "core/mm/user_access.hh"
#include "loader/dynamic/growing_array.hh"
#include "loader/dynamic/relocate.hh"
#include "loader/dynamic/startup.hh"

namespace linker
{
class user_memory final : public memory
{
  public:
    bool read(u64 address, u64& value) override
    {
        return mm::copy_from_user(&value, virt_addr(address), sizeof value).has_value();
    }
    bool write(u64 address, u64 value) override
    {
        return mm::copy_to_user(virt_addr(address), &value, sizeof value).has_value();
    }
    bool copy(u64 to, u64 from, u64 bytes) override
    {
        std::array<std::byte, 256> buffer;
        for (u64 done = 0; done < bytes;) {
            const u64 part = std::min<u64>(bytes - done, buffer.size());
            if (!mm::copy_from_user(buffer.data(), virt_addr(from + done), part) ||
                !mm::copy_to_user(virt_addr(to + done), buffer.data(), part))
                return false;
            done += part;
        }
        return true;
    }
    bool add_indirect(u64 where, u64 resolver) override
    {
        return indirect.push({where, resolver}).has_value();
    }

    growing_array<startup::indirect> indirect;
};
} // namespace linker
