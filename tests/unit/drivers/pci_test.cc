// The bus scan and the header of a function, on a configuration space made of a map.
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "drivers/pci/bus.hh"
#include "drivers/pci/function.hh"

namespace
{
class model_space final : public pci::config_space
{
  public:
    using key = std::tuple<u8, u8, u8>;

    /// An absent function's registers are all ones.
    void add(u8 bus, u8 device, u8 function, u32 ids) { _functions[{bus, device, function}][0] = ids; }
    void set(u8 bus, u8 device, u8 function, u16 offset, u32 value)
    {
        _functions[{bus, device, function}][offset] = value;
    }
    u32 read32(pci::location where, u16 offset) override
    {
        reads++;
        const auto found = _functions.find({where.bus, where.device, where.function});
        if (found == _functions.end())
            return ~0u;
        const auto word = found->second.find(offset);
        return word == found->second.end() ? 0 : word->second;
    }
    void write32(pci::location where, u16 offset, u32 value) override
    {
        _functions[{where.bus, where.device, where.function}][offset] = value;
    }
    void write16(pci::location where, u16 offset, u16 value) override
    {
        const u16 word = offset & ~3u & 0xffff;
        const unsigned shift = 8 * (offset & 2);
        const u32 old = read32(where, word);
        write32(where, word, (old & ~(0xffffu << shift)) | static_cast<u32>(value) << shift);
    }
    unsigned reads = 0;

  private:
    std::map<key, std::map<u16, u32>> _functions;
};

std::vector<model_space::key> scan(model_space& space)
{
    std::vector<model_space::key> found;
    pci::scan(
        space,
        [](void* list, pci::location l) {
            static_cast<std::vector<model_space::key>*>(list)->emplace_back(l.bus, l.device, l.function);
        },
        &found);
    return found;
}
} // namespace

TEST(pci, an_empty_bus_costs_a_read_for_each_device)
{
    model_space space;
    EXPECT_TRUE(scan(space).empty());
    EXPECT_EQ(space.reads, 32u);
}

TEST(pci, functions_and_bridges)
{
    model_space space;
    space.add(0, 0, 0, 0x29c08086);
    space.add(0, 31, 0, 0x29188086);
    space.set(0, 31, 0, 0x0c, 0x80u << 16);
    space.add(0, 31, 3, 0x29308086);
    space.add(0, 2, 3, 0x11111111); // without function 0: not there
    space.add(0, 3, 0, 0x000c1b36);
    space.set(0, 3, 0, 0x0c, 1u << 16);
    space.set(0, 3, 0, 0x18, 0x00010100); // secondary bus 1
    space.add(1, 0, 0, 0x10411af4);
    const std::vector<model_space::key> expected{{0, 0, 0}, {0, 3, 0}, {1, 0, 0}, {0, 31, 0}, {0, 31, 3}};
    EXPECT_EQ(scan(space), expected);
}

TEST(pci, bridges_in_a_circle_end)
{
    model_space space;
    for (u8 bus : {0, 1, 2}) {
        space.add(bus, 0, 0, 0x000c1b36);
        space.set(bus, 0, 0, 0x0c, 1u << 16);
        space.set(bus, 0, 0, 0x18, static_cast<u32>((bus + 1) % 3) << 8);
    }
    EXPECT_EQ(scan(space).size(), 3u);
}

TEST(pci, base_addresses)
{
    model_space space;
    space.add(0, 1, 0, 0x10421af4);
    space.set(0, 1, 0, 0x10, 0xc001);
    space.set(0, 1, 0, 0x14, 0xfebd1000);
    space.set(0, 1, 0, 0x20, 0xfe00000c);
    space.set(0, 1, 0, 0x24, 0x7f);
    pci::function f(space, {.device = 1});
    EXPECT_EQ(f.bar(0).where, pci::base_address::space::port);
    EXPECT_EQ(f.bar(0).address, 0xc000u);
    EXPECT_EQ(f.bar(1).address, 0xfebd1000u);
    EXPECT_EQ(f.bar(2).where, pci::base_address::space::none);
    EXPECT_EQ(f.bar(4).address, 0x7ffe000000u);
    EXPECT_EQ(f.bar(6).where, pci::base_address::space::none);
}

TEST(pci, capabilities_are_found_and_circles_end)
{
    model_space space;
    space.add(0, 1, 0, 0x10421af4);
    pci::function f(space, {.device = 1});
    EXPECT_FALSE(f.capability(0x11)); // the status says there are none
    space.set(0, 1, 0, 0x04, 0x00100000);
    space.set(0, 1, 0, 0x34, 0x40);
    space.set(0, 1, 0, 0x40, 0x00005009);
    space.set(0, 1, 0, 0x50, 0x00000011);
    EXPECT_EQ(f.capability(0x11), 0x50);
    EXPECT_EQ(f.capability(0x09), 0x40);
    EXPECT_FALSE(f.capability(0x05));
    space.set(0, 1, 0, 0x50, 0x00004011);
    EXPECT_FALSE(f.capability(0x05));
}
