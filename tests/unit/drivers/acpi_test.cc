// ACPI tables as QEMU's machines have them, and damaged ones.
#include <gtest/gtest.h>

#include "drivers/acpi/tables.hh"
#include "tests/unit/drivers/byte_memory.hh"

namespace
{
std::vector<std::byte> madt()
{
    auto b = table_builder::acpi_header("APIC").u32_(0xfee00000).u32_(1);
    for (u8 id : {0, 1, 2, 3})
        b.u8_(0).u8_(8).u8_(id).u8_(id).u32_(id < 3 ? 1 : 0);
    b.u8_(9).u8_(16).u16_(0).u32_(2).u32_(1).u32_(2);      // listed already
    b.u8_(9).u8_(16).u16_(0).u32_(0x1234).u32_(1).u32_(9); // only an x2APIC reaches it
    b.u8_(1).u8_(12).u8_(0).u8_(0).u32_(0xfec00000).u32_(0);
    b.u8_(2).u8_(10).u8_(0).u8_(0).u32_(2).u16_(0);   // the PIT's interrupt
    b.u8_(2).u8_(10).u8_(0).u8_(9).u32_(9).u16_(0xd); // level, active high
    b.u8_(4).u8_(6).u8_(0xff).u16_(0).u8_(1);
    return b.acpi();
}

std::vector<std::byte> fadt(u32 dsdt)
{
    auto b = table_builder::acpi_header("FACP").pad_to(276);
    b.at(40, dsdt, 4).at(48, 0xb2, 4).at(52, 2, 1).at(64, 0x604, 4).at(76, 0x608, 4).at(108, 0x32, 1);
    b.at(109, 2, 2).at(112, 1u << 10 | 1u << 8, 4).at(116, 1, 1).at(120, 0xcf9, 8).at(128, 0xf, 1);
    return b.acpi();
}

std::vector<std::byte> dsdt()
{
    auto b = table_builder::acpi_header("DSDT", 1).text("junk _S5_ junk");
    b.u8_(8).text("_S5_").u8_(0x12).u8_(8).u8_(4).u8_(0x0a).u8_(5).u8_(1).u8_(0).u8_(0);
    return b.acpi();
}

byte_memory q35_like()
{
    byte_memory m;
    m.put(0x7000, madt());
    m.put(0x8000, fadt(0x9000));
    m.put(0x9000, dsdt());
    m.put(
        0xa000,
        table_builder::acpi_header("MCFG").zeros(8).u64_(0xb0000000).u16_(0).u8_(0).u8_(255).u32_(0).acpi());
    m.put(0xb000,
          table_builder::acpi_header("HPET").u32_(0).u8_(0).u8_(64).u16_(0).u64_(0xfed00000).zeros(4).acpi());
    m.put(0xc000, table_builder::acpi_header("XSDT")
                      .u64_(0x7000)
                      .u64_(0x8000)
                      .u64_(0xdead0000)
                      .u64_(0xa000)
                      .u64_(0xb000)
                      .acpi());
    table_builder root;
    root.text("RSD PTR ")
        .zeros(7)
        .u8_(2)
        .u32_(0)
        .u32_(36)
        .u64_(0xc000)
        .zeros(4)
        .checksum(8, 20)
        .checksum(32, 36);
    m.put(0xf5000, root.bytes());
    return m;
}
} // namespace

TEST(acpi, reads_a_whole_machine)
{
    const byte_memory memory = q35_like();
    firmware::machine machine;
    ASSERT_TRUE(firmware::discover({.rsdp = phys_addr{0xf5000}}, memory, machine));
    EXPECT_TRUE(machine.has_acpi);
    ASSERT_EQ(machine.cpus.size(), 5u);
    EXPECT_EQ(machine.enabled_cpus(), 4u);
    EXPECT_EQ(machine.cpus[4].apic_id, 0x1234u);
    ASSERT_EQ(machine.io_apics.size(), 1u);
    EXPECT_EQ(machine.isa_interrupt(0).global_interrupt, 2u);
    EXPECT_EQ(machine.isa_interrupt(9).trigger, firmware::trigger::level);
    EXPECT_EQ(machine.isa_interrupt(9).polarity, firmware::polarity::high);
    EXPECT_EQ(machine.isa_interrupt(4).global_interrupt, 4u);
    ASSERT_EQ(machine.ecam.size(), 1u);
    EXPECT_EQ(machine.ecam[0].base.value, 0xb0000000u);
    EXPECT_EQ(machine.pm_timer_port, 0x608);
    EXPECT_TRUE(machine.pm_timer_32_bits);
    EXPECT_EQ(machine.hpet.value, 0xfed00000u);
    EXPECT_EQ(machine.century_register, 0x32);
    EXPECT_TRUE(machine.power_off.known);
    EXPECT_EQ(machine.power_off.control_a, 0x604);
    EXPECT_EQ(machine.power_off.value_a, 5 << 10);
    EXPECT_EQ(machine.power_off.value_b, 1 << 10);
    EXPECT_EQ(machine.reset.address, 0xcf9u);
    EXPECT_EQ(machine.reset_value, 0xf);
}

TEST(acpi, a_damaged_table_is_left_out)
{
    byte_memory memory = q35_like();
    auto bad = madt();
    bad[50] ^= std::byte{1};
    memory.put(0x7000, bad);
    firmware::machine machine;
    ASSERT_TRUE(firmware::discover({.rsdp = phys_addr{0xf5000}}, memory, machine));
    EXPECT_TRUE(machine.cpus.empty());
    EXPECT_EQ(machine.pm_timer_port, 0x608);
}

TEST(acpi, nothing_is_searched_when_the_loader_did)
{
    const byte_memory memory = q35_like();
    firmware::machine machine;
    ASSERT_TRUE(firmware::discover({.rsdp = {}, .loader_searched = true}, memory, machine));
    EXPECT_FALSE(machine.has_acpi);
}

TEST(acpi, root_pointer_is_found_in_the_bios_area)
{
    byte_memory memory = q35_like();
    std::vector<std::byte> bios(128_KiB);
    table_builder root;
    root.text("RSD PTR ").zeros(7).u8_(0).u32_(0xd000).checksum(8, 20);
    const auto bytes = root.bytes();
    std::memcpy(bios.data() + 0x15f0, bytes.data(), bytes.size());
    memory.put(0xe0000, bios);
    memory.put(0xd000, table_builder::acpi_header("RSDT").u32_(0x7000).acpi());
    EXPECT_EQ(acpi::find_root_pointer({}, memory).value, 0xe15f0u);
    firmware::machine machine;
    ASSERT_TRUE(firmware::discover({}, memory, machine));
    EXPECT_EQ(machine.enabled_cpus(), 4u);
}

TEST(acpi, madt_with_an_entry_of_length_0_ends_there)
{
    auto b = table_builder::acpi_header("APIC").u32_(0xfee00000).u32_(1);
    b.u8_(0).u8_(0).zeros(20);
    firmware::machine machine;
    const auto table = b.acpi();
    ASSERT_TRUE(acpi::parse_madt(table, machine));
    EXPECT_TRUE(machine.cpus.empty());
}

TEST(acpi, s5_without_a_package_is_not_believed)
{
    const auto table = table_builder::acpi_header("DSDT").u8_(8).text("_S5_").u8_(0x14).u8_(8).acpi();
    EXPECT_FALSE(acpi::find_s5(table));
    const auto cut = table_builder::acpi_header("DSDT").u8_(8).text("_S5_").u8_(0x12).acpi();
    EXPECT_FALSE(acpi::find_s5(cut));
}
