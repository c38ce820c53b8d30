// /proc/PID/maps and smaps: a line, or a paragraph, for each area.
#include "core/mm/address_space.hh"
#include "linux/proc/generators.hh"
#include "linux/task/program.hh"

namespace proc
{
namespace
{
constexpr size_t name_column = 73;

void add_name(text& out, const mm::area& a)
{
    if (a.attributes().name) {
        out.pad_to(name_column).add(a.attributes().name);
    } else if (a.object()) {
        std::array<char, 300> name;
        const size_t size = a.object()->name(name.data(), name.size());
        if (size)
            out.pad_to(name_column).add({name.data(), size});
    }
}

void add_line(text& out, const mm::area& a)
{
    const auto rights = a.attributes().rights;
    const auto letter = [&](mm::protection wanted, std::string_view yes) {
        out.add(mm::has(rights, wanted) ? yes : "-");
    };
    out.hex(a.start().value, 8).add("-").hex(a.end().value, 8).add(" ");
    letter(mm::protection::read, "r");
    letter(mm::protection::write, "w");
    letter(mm::protection::execute, "x");
    out.add(a.attributes().shared ? "s " : "p ");
    const bool of_file = a.object() && !a.attributes().name;
    out.hex(of_file ? a.offset() : 0, 8);
    // Which disk is told by a name only; a number other than 0 says that it is a file.
    out.add(of_file ? " 00:01 1 " : " 00:00 0 ");
    add_name(out, a);
    out.add("\n");
}

void add_details(text& out, const mm::area& a)
{
    const auto line = [&](std::string_view name, u64 kib) {
        out.add(name).add(":").pad_to(16).decimal(kib, 8).add(" kB\n");
    };
    line("Size", a.length() / 1024);
    line("KernelPageSize", page_size / 1024);
    line("MMUPageSize", page_size / 1024);
    for (const std::string_view name :
         {"Rss", "Pss", "Shared_Clean", "Shared_Dirty", "Private_Clean", "Private_Dirty", "Referenced",
          "Anonymous", "LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", "Swap", "SwapPss",
          "Locked"})
        line(name, 0);
    out.line("THPeligible:    {}", a.attributes().no_huge ? 0 : 1);
    out.add("VmFlags: ");
    out.add(mm::has(a.attributes().rights, mm::protection::read) ? "rd " : "");
    out.add(mm::has(a.attributes().rights, mm::protection::write) ? "wr " : "");
    out.add(mm::has(a.attributes().rights, mm::protection::execute) ? "ex " : "");
    out.add("mr mw me \n");
}
} // namespace

result<void> memory_maps(text& out, const numbers& which)
{
    const auto p = TRY(find_program(which));
    p->address_space().for_each_area([&](const mm::area& a) { add_line(out, a); });
    return {};
}

result<void> detailed_memory_maps(text& out, const numbers& which)
{
    const auto p = TRY(find_program(which));
    p->address_space().for_each_area([&](const mm::area& a) {
        add_line(out, a);
        add_details(out, a);
    });
    return {};
}
} // namespace proc
