// Firmware tables from a stranger: the input is taken as each table in turn without its checksum,
// and then as physical memory with the root pointer somewhere in it.
#include <array>
#include <cstring>

#include "core/device/bytes.hh"
#include "core/device/firmware.hh"
#include "drivers/acpi/tables.hh"
#include "drivers/mptable/mptable.hh"

namespace
{
class input_memory final : public firmware::physical_reader
{
  public:
    explicit input_memory(byte_view bytes) : _bytes(bytes) {}
    byte_view read(phys_addr address, size_t length) const override
    {
        if (address.value >= _bytes.size() || _bytes.size() - address.value < length)
            return {};
        return _bytes.subspan(address.value, length);
    }

  private:
    byte_view _bytes;
};
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const byte_view input(reinterpret_cast<const std::byte*>(data), size);
    firmware::machine machine;
    (void)acpi::parse_madt(input, machine);
    (void)acpi::parse_mcfg(input, machine);
    (void)acpi::parse_fadt(input, machine);
    acpi::parse_hpet(input, machine);
    (void)acpi::find_s5(input);
    (void)mptable::parse(input, machine);
    (void)machine.isa_interrupt(4);

    firmware::machine whole;
    const input_memory memory(input);
    (void)firmware::discover({.rsdp = phys_addr{load<u16>(input, 0)}}, memory, whole);
    return 0;
}
