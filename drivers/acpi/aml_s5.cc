// The one thing that the kernel needs from AML: which value of SLP_TYP means "off".
//
// The DSDT holds `Name (_S5_, Package () {a, b, ...})`, which compiles to fixed bytes. We look for them and
// read two small integers; code that computes the package (nobody's firmware does) is not found, and
// power-off then takes one of its other ways. Source: ACPI 6.4 §7.4.2 and §20.2.
#include "drivers/acpi/tables.hh"

namespace acpi
{
namespace
{
constexpr u8 name_op = 0x08;
constexpr u8 package_op = 0x12;

/// An integer of AML and the offset behind it.
struct integer {
    u8 value;
    size_t end;
};

std::optional<integer> read_integer(byte_view aml, size_t offset)
{
    if (offset >= aml.size())
        return {};
    switch (load<u8>(aml, offset)) {
    case 0x00: // ZeroOp
        return integer{0, offset + 1};
    case 0x01: // OneOp
        return integer{1, offset + 1};
    case 0x0a: // BytePrefix
        return integer{load<u8>(aml, offset + 1), offset + 2};
    case 0x0b: // WordPrefix; SLP_TYP has three bits
        return integer{load<u8>(aml, offset + 1), offset + 3};
    case 0x0c: // DWordPrefix
        return integer{load<u8>(aml, offset + 1), offset + 5};
    default:
        return {};
    }
}

/// `offset` is that of the package behind the name.
std::optional<sleep_type> read_package(byte_view aml, size_t offset)
{
    if (load<u8>(aml, offset) != package_op)
        return {};
    const size_t length_bytes = 1 + (load<u8>(aml, offset + 1) >> 6); // PkgLength says how long itself is
    const size_t count_at = offset + 1 + length_bytes;
    const u8 count = load<u8>(aml, count_at);
    const auto a = read_integer(aml, count_at + 1);
    if (count == 0 || !a)
        return {};
    const auto b = count > 1 ? read_integer(aml, a->end) : std::nullopt;
    return sleep_type{static_cast<u8>(a->value & 7), static_cast<u8>(b ? b->value & 7 : 0)};
}
} // namespace

std::optional<sleep_type> find_s5(byte_view dsdt)
{
    constexpr size_t name_length = 4;
    for (size_t offset = header_size + 1; offset + name_length < dsdt.size(); offset++) {
        if (load<u8>(dsdt, offset) != '_' || load<u32>(dsdt, offset) != signature("_S5_"))
            continue;
        const u8 before = load<u8>(dsdt, offset - 1);
        if (before != name_op && !(before == '\\' && load<u8>(dsdt, offset - 2) == name_op))
            continue;
        if (const auto type = read_package(dsdt, offset + name_length))
            return type;
    }
    return {};
}
} // namespace acpi
