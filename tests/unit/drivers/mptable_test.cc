// The MP table as qboot writes it, and damaged ones.
#include <gtest/gtest.h>

#include "drivers/mptable/mptable.hh"
#include "tests/unit/drivers/byte_memory.hh"

namespace
{
table_builder two_cpus()
{
    table_builder b;
    b.text("PCMP")
        .u16_(0)
        .u8_(4)
        .u8_(0)
        .text("KILNTESTMACHINE 0001")
        .u32_(0)
        .u16_(0)
        .u16_(6)
        .u32_(0xfee00000)
        .u32_(0);
    b.u8_(0).u8_(0).u8_(0x14).u8_(3).zeros(16);
    b.u8_(0).u8_(1).u8_(0x14).u8_(1).zeros(16);
    b.u8_(1).u8_(1).text("ISA   ");
    b.u8_(2).u8_(7).u8_(0x11).u8_(1).u32_(0xfec00000);
    b.u8_(3).u8_(0).u16_(0).u8_(1).u8_(0).u8_(7).u8_(2);
    b.u8_(3).u8_(0).u16_(0xf).u8_(1).u8_(5).u8_(7).u8_(5);
    return b;
}

std::vector<std::byte> finished(table_builder b)
{
    const size_t length = b.bytes().size();
    return b.at(4, length, 2).checksum(7, length).bytes();
}

byte_memory machine_with(std::vector<std::byte> table)
{
    byte_memory memory;
    std::vector<std::byte> bios(64_KiB);
    table_builder pointer;
    pointer.text("_MP_").u32_(0xe8000).u8_(1).u8_(4).zeros(6).checksum(10, 16);
    std::memcpy(bios.data() + 0x100, pointer.bytes().data(), 16);
    memory.put(0xf0000, bios);
    memory.put(0xe8000, std::move(table));
    return memory;
}
} // namespace

TEST(mptable, cpus_and_interrupts)
{
    firmware::machine machine;
    ASSERT_TRUE(mptable::read_table(machine_with(finished(two_cpus())), machine));
    ASSERT_EQ(machine.cpus.size(), 2u);
    EXPECT_TRUE(machine.cpus[0].bootstrap);
    EXPECT_EQ(machine.cpus[1].apic_id, 1u);
    ASSERT_EQ(machine.io_apics.size(), 1u);
    EXPECT_EQ(machine.io_apics[0].address.value, 0xfec00000u);
    EXPECT_EQ(machine.isa_interrupt(0).global_interrupt, 2u);
    EXPECT_EQ(machine.isa_interrupt(5).trigger, firmware::trigger::level);
    EXPECT_EQ(machine.isa_interrupt(5).polarity, firmware::polarity::low);
}

TEST(mptable, damaged_table_is_ignored)
{
    auto bytes = finished(two_cpus());
    bytes[45] ^= std::byte{4};
    firmware::machine machine;
    ASSERT_TRUE(mptable::read_table(machine_with(bytes), machine));
    EXPECT_TRUE(machine.cpus.empty());
}

TEST(mptable, more_entries_announced_than_there_are)
{
    firmware::machine machine;
    ASSERT_TRUE(mptable::read_table(machine_with(finished(two_cpus().at(34, 60000, 2))), machine));
    EXPECT_EQ(machine.cpus.size(), 2u);
}

TEST(mptable, no_table_no_cpus)
{
    firmware::machine machine;
    ASSERT_TRUE(mptable::read_table(byte_memory(), machine));
    EXPECT_TRUE(machine.cpus.empty());
}
