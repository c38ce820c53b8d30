#include "loader/dynamic/library.hh"

#include <algorithm>

namespace linker
{
namespace
{
/// Tables of a real library are a few megabytes at most; a file that wants more is not believed.
constexpr u64 largest_piece = 64_MiB;

constexpr std::array tags_of_tables = {
    elf::tag_strings,
    elf::tag_symbols,
    elf::tag_hash,
    elf::tag_gnu_hash,
    elf::tag_symbol_versions,
    elf::tag_version_definitions,
    elf::tag_version_needs,
    elf::tag_rela,
    elf::tag_plt_rela,
    elf::tag_relr,
};

bool holds_table(const elf::program_header& segment, std::span<const elf::dynamic_entry> dynamic)
{
    return std::ranges::any_of(dynamic, [&](const elf::dynamic_entry& e) {
        return std::ranges::find(tags_of_tables, e.tag) != tags_of_tables.end() &&
               e.value >= segment.address && e.value - segment.address < segment.file_size;
    });
}
} // namespace

result<void> library::read_piece(contents& into, const elf::program_header& segment)
{
    if (segment.file_size > largest_piece)
        return fail(errc::enoexec);
    auto bytes = TRY(try_make_unique<std::byte[]>(segment.file_size));
    const std::span all(bytes.get(), segment.file_size);
    if (TRY(elf::read_fully(file.where().inode(), segment.offset, all)) < all.size() ||
        !into.add(segment.address, all))
        return fail(errc::enoexec);
    return _pieces.push(std::move(bytes));
}

result<void> library::read(std::string_view path, defect* why)
{
    _name = TRY(try_make_unique<char[]>(path.size() + 1));
    _name_size = path.copy(_name.get(), path.size());
    linked.file_name = name();
    linked.bias = mapping.bias;

    contents bytes;
    *why = defect::no_dynamic_section;
    for (const auto& p : file.program_headers())
        if (p.type == elf::segment_dynamic)
            TRY(read_piece(bytes, p));
    std::span<const elf::dynamic_entry> dynamic;
    for (const auto& p : file.program_headers())
        if (p.type == elf::segment_dynamic)
            if (const auto entries =
                    bytes.array<elf::dynamic_entry>(p.address, p.file_size / sizeof(elf::dynamic_entry)))
                dynamic = *entries;
    for (const auto& p : file.program_headers())
        if (elf::is_loaded(p) && holds_table(p, dynamic))
            TRY(read_piece(bytes, p));
    *why = linked.parse(file.program_headers(), bytes);
    if (*why != defect::none)
        return fail(errc::enoexec);
    return {};
}
} // namespace linker
