// Physical memory for tests: an array of bytes at an address, and a builder for tables in it.
#pragma once

#include <cstring>
#include <map>
#include <string_view>
#include <vector>

#include "core/device/bytes.hh"
#include "core/device/firmware.hh"

class byte_memory final : public firmware::physical_reader
{
  public:
    byte_view read(phys_addr address, size_t length) const override
    {
        for (const auto& [base, bytes] : _regions)
            if (address.value >= base && address.value - base <= bytes.size() &&
                bytes.size() - (address.value - base) >= length)
                return byte_view(bytes).subspan(address.value - base, length);
        return {};
    }
    void put(u64 address, std::vector<std::byte> bytes) { _regions[address] = std::move(bytes); }

  private:
    std::map<u64, std::vector<std::byte>> _regions;
};

/// Appends little-endian fields; finish() sets length and checksum as the table's kind wants it.
class table_builder
{
  public:
    table_builder& text(std::string_view s)
    {
        for (char c : s)
            _bytes.push_back(static_cast<std::byte>(c));
        return *this;
    }
    table_builder& u8_(u64 v) { return number(v, 1); }
    table_builder& u16_(u64 v) { return number(v, 2); }
    table_builder& u32_(u64 v) { return number(v, 4); }
    table_builder& u64_(u64 v) { return number(v, 8); }
    table_builder& zeros(size_t n)
    {
        _bytes.resize(_bytes.size() + n);
        return *this;
    }
    table_builder& pad_to(size_t n)
    {
        _bytes.resize(n);
        return *this;
    }
    /// Sets the number at `offset`.
    table_builder& at(size_t offset, u64 v, size_t size)
    {
        if (_bytes.size() < offset + size)
            _bytes.resize(offset + size);
        for (size_t i = 0; i < size; i++)
            _bytes[offset + i] = static_cast<std::byte>(v >> (8 * i));
        return *this;
    }
    /// Makes the bytes from 0 to `length` add up to 0 by the one at `offset`.
    table_builder& checksum(size_t offset, size_t length)
    {
        _bytes[offset] = std::byte{0};
        _bytes[offset] = static_cast<std::byte>(-byte_sum(byte_view(_bytes).first(length)));
        return *this;
    }
    /// An ACPI table: header length and checksum.
    std::vector<std::byte> acpi()
    {
        at(4, _bytes.size(), 4);
        return checksum(9, _bytes.size())._bytes;
    }
    std::vector<std::byte> bytes() { return _bytes; }

    static table_builder acpi_header(std::string_view signature, u8 revision = 3)
    {
        table_builder b;
        return b.text(signature).zeros(4).u8_(revision).zeros(27);
    }

  private:
    table_builder& number(u64 v, size_t size) { return at(_bytes.size(), v, size); }
    std::vector<std::byte> _bytes;
};
