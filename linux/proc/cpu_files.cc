// CPUs as /proc/cpuinfo and /sys/devices/system describe them. They are all of one kind.
#include <cpuid.h>

#include "arch/smp.hh"
#include "core/mm/frames.hh"
#include "core/time/clock.hh"
#include "linux/proc/generators.hh"

namespace proc
{
namespace
{
struct leaf {
    u32 a = 0, b = 0, c = 0, d = 0;
};

leaf read_leaf(u32 number, u32 sub = 0)
{
    leaf l;
    __get_cpuid_count(number, sub, &l.a, &l.b, &l.c, &l.d);
    return l;
}

/// The characters of registers, in order.
template <size_t Count>
std::array<char, Count * 4> characters(const std::array<u32, Count>& registers)
{
    std::array<char, Count * 4> text;
    for (size_t i = 0; i < text.size(); i++)
        text[i] = static_cast<char>(registers[i / 4] >> (i % 4 * 8));
    return text;
}

std::string_view until_zero(std::string_view s)
{
    s = s.substr(0, s.find('\0'));
    while (!s.empty() && s.front() == ' ')
        s.remove_prefix(1);
    return s;
}

void add_model_name(text& out)
{
    std::array<u32, 12> words{};
    for (size_t i = 0; i < 3; i++) {
        const leaf l = read_leaf(0x80000002 + static_cast<u32>(i));
        words[i * 4] = l.a;
        words[i * 4 + 1] = l.b;
        words[i * 4 + 2] = l.c;
        words[i * 4 + 3] = l.d;
    }
    const auto name = characters(words);
    out.line("model name\t: {}", until_zero({name.data(), name.size()}));
}

struct flag_name {
    u8 bit;
    std::string_view name;
};
// Linux's names. Source: Intel SDM volume 2, CPUID; linux/arch/x86/include/asm/cpufeatures.h.
constexpr flag_name flags_1_edx[] = {{0, "fpu"},  {1, "vme"},    {2, "de"},       {3, "pse"},  {4, "tsc"},
                                     {5, "msr"},  {6, "pae"},    {7, "mce"},      {8, "cx8"},  {9, "apic"},
                                     {11, "sep"}, {12, "mtrr"},  {13, "pge"},     {14, "mca"}, {15, "cmov"},
                                     {16, "pat"}, {17, "pse36"}, {19, "clflush"}, {23, "mmx"}, {24, "fxsr"},
                                     {25, "sse"}, {26, "sse2"},  {27, "ss"},      {28, "ht"}};
constexpr flag_name flags_1_ecx[] = {{0, "pni"},    {1, "pclmulqdq"}, {9, "ssse3"},   {12, "fma"},
                                     {13, "cx16"},  {19, "sse4_1"},   {20, "sse4_2"}, {21, "x2apic"},
                                     {22, "movbe"}, {23, "popcnt"},   {25, "aes"},    {26, "xsave"},
                                     {28, "avx"},   {29, "f16c"},     {30, "rdrand"}, {31, "hypervisor"}};
constexpr flag_name flags_7_ebx[] = {{0, "fsgsbase"},    {3, "bmi1"},     {5, "avx2"},      {7, "smep"},
                                     {8, "bmi2"},        {9, "erms"},     {10, "invpcid"},  {16, "avx512f"},
                                     {17, "avx512dq"},   {18, "rdseed"},  {19, "adx"},      {20, "smap"},
                                     {23, "clflushopt"}, {24, "clwb"},    {28, "avx512cd"}, {29, "sha_ni"},
                                     {30, "avx512bw"},   {31, "avx512vl"}};
constexpr flag_name flags_81_edx[] = {
    {11, "syscall"}, {20, "nx"}, {26, "pdpe1gb"}, {27, "rdtscp"}, {29, "lm"}};
constexpr flag_name flags_81_ecx[] = {{0, "lahf_lm"}, {5, "abm"}, {6, "sse4a"}, {8, "3dnowprefetch"}};

void add_flags(text& out, std::span<const flag_name> names, u32 bits)
{
    for (const auto& f : names)
        if (bits >> f.bit & 1)
            out.add(" ").add(f.name);
}

void add_all_flags(text& out)
{
    const leaf one = read_leaf(1), seven = read_leaf(7), extended = read_leaf(0x80000001);
    out.add("flags\t\t:");
    add_flags(out, flags_1_edx, one.d);
    add_flags(out, flags_81_edx, extended.d);
    out.add(" constant_tsc nopl");
    add_flags(out, flags_1_ecx, one.c);
    add_flags(out, flags_81_ecx, extended.c);
    add_flags(out, flags_7_ebx, seven.b);
    out.add("\n");
}

void add_cpu(text& out, unsigned cpu, unsigned count)
{
    const leaf zero = read_leaf(0), one = read_leaf(1), sizes = read_leaf(0x80000008);
    const auto vendor = characters<3>({zero.b, zero.d, zero.c});
    const u32 family = one.a >> 8 & 15, model = one.a >> 4 & 15;
    const u64 kilohertz = timekeeping::cycle_frequency() / 1000;
    out.line("processor\t: {}", cpu);
    out.line("vendor_id\t: {}", until_zero({vendor.data(), vendor.size()}));
    out.line("cpu family\t: {}", family == 15 ? family + (one.a >> 20 & 0xff) : family);
    out.line("model\t\t: {}", family == 6 || family == 15 ? model | (one.a >> 12 & 0xf0) : model);
    add_model_name(out);
    out.line("stepping\t: {}", one.a & 15);
    out.format("cpu MHz\t\t: {}.", kilohertz / 1000);
    out.line("{}{}{}", kilohertz / 100 % 10, kilohertz / 10 % 10, kilohertz % 10);
    out.line("physical id\t: 0\nsiblings\t: {}\ncore id\t\t: {}\ncpu cores\t: {}\napicid\t\t: {}", count, cpu,
             count, cpu);
    out.line("fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: {}\nwp\t\t: yes", zero.a);
    add_all_flags(out);
    out.line("bugs\t\t:\nbogomips\t: {}.00", kilohertz / 500);
    out.line("clflush size\t: 64\ncache_alignment\t: 64");
    out.line("address sizes\t: {} bits physical, {} bits virtual\n", sizes.a & 0xff, sizes.a >> 8 & 0xff);
}

void add_mask(text& out, unsigned first, unsigned last)
{
    u32 mask = 0;
    for (unsigned cpu = first; cpu <= last && cpu < 32; cpu++)
        mask |= 1u << cpu;
    out.hex(mask, 8).add("\n");
}
} // namespace

result<void> cpu_information(text& out, const numbers&)
{
    const unsigned count = arch::cpu_count();
    for (unsigned cpu = 0; cpu < count; cpu++)
        add_cpu(out, cpu, count);
    return {};
}

result<void> cpu_list(text& out, const numbers&)
{
    const unsigned count = arch::cpu_count();
    if (count == 1)
        out.add("0\n");
    else
        out.line("0-{}", count - 1);
    return {};
}

result<void> cpu_mask(text& out, const numbers&)
{
    add_mask(out, 0, arch::cpu_count() - 1);
    return {};
}

result<void> own_cpu_list(text& out, const numbers& which)
{
    out.line("{}", which.first());
    return {};
}

result<void> own_cpu_mask(text& out, const numbers& which)
{
    add_mask(out, which.first(), which.first());
    return {};
}

result<void> cpu_number(text& out, const numbers& which)
{
    out.line("{}", which.first());
    return {};
}

result<void> node_memory(text& out, const numbers&)
{
    const auto frames = mm::statistics();
    constexpr u64 kib_per_page = page_size / 1024;
    const auto line = [&](std::string_view name, u64 kib) {
        out.format("Node 0 {}:", name).pad_to(20).decimal(kib, 12).add(" kB\n");
    };
    line("MemTotal", frames.total * kib_per_page);
    line("MemFree", frames.free * kib_per_page);
    line("MemUsed", (frames.total - frames.free) * kib_per_page);
    return {};
}
} // namespace proc
