#include "loader/dynamic/object.hh"

namespace linker
{
std::string_view describe(defect d)
{
    switch (d) {
    case defect::none:
        return "is in order";
    case defect::no_dynamic_section:
        return "has no dynamic section";
    case defect::dynamic_section:
        return "has a dynamic section that lies outside of its segments";
    case defect::no_strings:
        return "has no string table where its dynamic section says";
    case defect::no_symbols:
        return "has no symbol table where its dynamic section says";
    case defect::name:
        return "names a library by a string that is not there";
    case defect::hash_table:
        return "has a damaged hash table of symbols";
    case defect::versions:
        return "has damaged symbol versions";
    case defect::relocations:
        return "has relocations that lie outside of its segments";
    case defect::relocation_without_addend:
        return "has relocations of a form that x86-64 does not use";
    case defect::relocation_kind:
        return "has a relocation of a kind that is not known";
    case defect::relocation_place:
        return "has a relocation for memory outside of its segments";
    case defect::relocation_symbol:
        return "has a relocation with a symbol that is not there";
    case defect::tls:
        return "has thread-local storage of an impossible form";
    case defect::tls_too_late:
        return "has thread-local storage that must have its place when the program starts";
    case defect::too_many_libraries:
        return "needs too many libraries";
    case defect::unresolved_symbol:
        return "needs a symbol that nothing provides";
    case defect::not_written:
        return "cannot be relocated: there is no memory";
    }
    return "is damaged";
}

defect object::parse(std::span<const elf::program_header> headers, const contents& bytes)
{
    _headers = headers;
    _bytes = bytes;
    const elf::program_header* dynamic = nullptr;
    for (const auto& p : headers) {
        if (p.type == elf::segment_dynamic)
            dynamic = &p;
        if (p.type == elf::segment_tls && p.memory_size != 0) {
            const bool possible = p.file_size <= p.memory_size && p.memory_size < 1_GiB &&
                                  p.alignment <= 64_KiB && (p.alignment & (p.alignment - 1)) == 0 &&
                                  (p.file_size == 0 || holds(p.address, p.file_size));
            if (!possible)
                return defect::tls;
            tls = {p.address, p.file_size, p.memory_size, p.alignment ? p.alignment : 1, 0, 0};
        }
    }
    if (!dynamic)
        return defect::no_dynamic_section;
    _dynamic_address = dynamic->address;
    const auto entries =
        bytes.array<elf::dynamic_entry>(dynamic->address, dynamic->file_size / sizeof(elf::dynamic_entry));
    if (!entries)
        return defect::dynamic_section;
    _dynamic = *entries;
    for (size_t i = 0; i < _dynamic.size(); i++)
        if (_dynamic[i].tag == elf::tag_null)
            _dynamic = _dynamic.first(i);
    if (const auto d = read_dynamic(); d != defect::none)
        return d;
    if (const auto d = read_tables(); d != defect::none)
        return d;
    if (const auto d = read_relocations(); d != defect::none)
        return d;
    return read_hash_tables();
}

defect object::read_dynamic()
{
    for (const auto& [tag, value] : _dynamic) {
        u64* const field = tag == elf::tag_strings                    ? &_strings_address
                           : tag == elf::tag_strings_size             ? &_strings_size
                           : tag == elf::tag_symbols                  ? &_symbols
                           : tag == elf::tag_hash                     ? &_hash
                           : tag == elf::tag_gnu_hash                 ? &_gnu_hash
                           : tag == elf::tag_symbol_versions          ? &_versions
                           : tag == elf::tag_version_definitions      ? &_definitions
                           : tag == elf::tag_version_definition_count ? &_definition_count
                           : tag == elf::tag_version_needs            ? &_needs
                           : tag == elf::tag_version_need_count       ? &_need_count
                           : tag == elf::tag_rela                     ? &_rela_address
                           : tag == elf::tag_rela_size                ? &_rela_size
                           : tag == elf::tag_plt_rela                 ? &_plt_address
                           : tag == elf::tag_plt_rela_size            ? &_plt_size
                           : tag == elf::tag_relr                     ? &_relr_address
                           : tag == elf::tag_relr_size                ? &_relr_size
                           : tag == elf::tag_soname                   ? &_soname_offset
                           : tag == elf::tag_runpath                  ? &_runpath_offset
                           : tag == elf::tag_rpath                    ? &_rpath_offset
                           : tag == elf::tag_init                     ? &_init
                           : tag == elf::tag_fini                     ? &_fini
                           : tag == elf::tag_init_array               ? &_init_array
                           : tag == elf::tag_init_array_size          ? &_init_count
                           : tag == elf::tag_fini_array               ? &_fini_array
                           : tag == elf::tag_fini_array_size          ? &_fini_count
                                                                      : nullptr;
        if (field)
            *field = value;
        _has_rel |= tag == elf::tag_rel;
        _bind_now |= tag == elf::tag_bind_now || (tag == elf::tag_flags && (value & elf::flag_bind_now)) ||
                     (tag == elf::tag_flags_1 && (value & elf::flag_1_now));
    }
    _init_count /= sizeof(u64);
    _fini_count /= sizeof(u64);
    return _has_rel ? defect::relocation_without_addend : defect::none;
}

defect object::read_tables()
{
    const auto strings = _bytes.array<char>(_strings_address, _strings_size);
    if (!strings || strings->empty())
        return defect::no_strings;
    _strings = *strings;
    if (!_bytes.get<elf::symbol>(_symbols))
        return defect::no_symbols;
    for (const auto& entry : _dynamic)
        if (entry.tag == elf::tag_needed && (!string(entry.value) || string(entry.value)->empty()))
            return defect::name;
    const auto name_at = [&](u64 offset) {
        return offset ? string(offset) : std::optional<std::string_view>("");
    };
    const auto soname = name_at(_soname_offset), runpath = name_at(_runpath_offset),
               rpath = name_at(_rpath_offset);
    if (!soname || !runpath || !rpath)
        return defect::name;
    _soname = *soname, _runpath = *runpath, _rpath = *rpath;
    if ((_init_count && !holds(_init_array, _init_count * sizeof(u64))) ||
        (_fini_count && !holds(_fini_array, _fini_count * sizeof(u64))))
        return defect::dynamic_section;
    return defect::none;
}

defect object::read_relocations()
{
    const auto rela = _bytes.array<elf::rela>(_rela_address, _rela_size / sizeof(elf::rela));
    const auto plt = _bytes.array<elf::rela>(_plt_address, _plt_size / sizeof(elf::rela));
    const auto relr = _bytes.array<u64>(_relr_address, _relr_size / sizeof(u64));
    if (!rela || !plt || !relr)
        return defect::relocations;
    _rela = *rela, _plt_rela = *plt, _relr = *relr;
    return defect::none;
}

defect object::read_hash_tables()
{
    if (_gnu_hash) {
        const auto head = _bytes.array<u32>(_gnu_hash, 4);
        if (!head)
            return defect::hash_table;
        _gnu.bucket_count = (*head)[0], _gnu.first_symbol = (*head)[1];
        _gnu.bloom_count = (*head)[2], _gnu.bloom_shift = (*head)[3];
        const u64 bloom_at = _gnu_hash + 16, buckets_at = bloom_at + u64{_gnu.bloom_count} * sizeof(u64);
        const auto bloom = _bytes.array<u64>(bloom_at, _gnu.bloom_count);
        const auto buckets = _bytes.array<u32>(buckets_at, _gnu.bucket_count);
        const bool power_of_two = _gnu.bloom_count && (_gnu.bloom_count & (_gnu.bloom_count - 1)) == 0;
        if (!bloom || !buckets || buckets->empty() || !power_of_two || _gnu.bloom_shift > 31)
            return defect::hash_table;
        _gnu.bloom = *bloom, _gnu.buckets = *buckets;
        _gnu.chains = buckets_at + u64{_gnu.bucket_count} * sizeof(u32);
    }
    if (_hash && !_gnu_hash) {
        const auto head = _bytes.array<u32>(_hash, 2);
        if (!head)
            return defect::hash_table;
        const auto buckets = _bytes.array<u32>(_hash + 8, (*head)[0]);
        const auto chains = _bytes.array<u32>(_hash + 8 + u64{(*head)[0]} * sizeof(u32), (*head)[1]);
        if (!buckets || buckets->empty() || !chains)
            return defect::hash_table;
        _sysv = {*buckets, *chains};
    }
    return defect::none;
}

std::optional<elf::symbol> object::symbol(u32 index) const
{
    return _bytes.get<elf::symbol>(_symbols + u64{index} * sizeof(elf::symbol));
}

std::optional<std::string_view> object::string(u64 offset) const
{
    if (offset >= _strings.size())
        return std::nullopt;
    const auto rest = _strings.subspan(offset);
    const void* const zero = std::memchr(rest.data(), 0, rest.size());
    if (!zero)
        return std::nullopt;
    return std::string_view(rest.data(), static_cast<size_t>(static_cast<const char*>(zero) - rest.data()));
}

bool object::holds(u64 address, u64 size) const
{
    for (const auto& p : _headers)
        if (p.type == elf::segment_load && address >= p.address && address - p.address <= p.memory_size &&
            size <= p.memory_size - (address - p.address))
            return true;
    return false;
}
} // namespace linker
