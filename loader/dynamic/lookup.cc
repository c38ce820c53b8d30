// Finding a symbol in one object: GNU hash or System V hash, then name, then version.
#include "loader/dynamic/object.hh"

namespace linker
{
u32 gnu_hash(std::string_view name)
{
    u32 hash = 5381;
    for (const char c : name)
        hash = hash * 33 + static_cast<u8>(c);
    return hash;
}

u32 sysv_hash(std::string_view name)
{
    u32 hash = 0;
    for (const char c : name) {
        hash = (hash << 4) + static_cast<u8>(c);
        hash ^= hash >> 24 & 0xf0;
    }
    return hash & 0x0fff'ffff;
}

std::optional<elf::symbol> object::find(const wanted& what) const
{
    return _gnu_hash ? find_gnu(what) : find_sysv(what);
}

std::optional<elf::symbol> object::find_gnu(const wanted& what) const
{
    const u32 hash = what.gnu_hash;
    const u64 bits = u64{1} << hash % 64 | u64{1} << (hash >> _gnu.bloom_shift) % 64;
    if ((_gnu.bloom[hash / 64 % _gnu.bloom_count] & bits) != bits)
        return std::nullopt;
    u32 index = _gnu.buckets[hash % _gnu.bucket_count];
    if (index < _gnu.first_symbol)
        return std::nullopt; // an empty bucket
    // The chain ends with an odd hash, or with the bytes of the file.
    const auto chain = _bytes.from(_gnu.chains + u64{index - _gnu.first_symbol} * sizeof(u32));
    for (size_t at = 0; at + sizeof(u32) <= chain.size(); at += sizeof(u32), index++) {
        u32 other;
        std::memcpy(&other, chain.data() + at, sizeof other);
        if ((other | 1) == (hash | 1))
            if (const auto s = symbol(index); s && fits(index, *s, what))
                return s;
        if (other & 1)
            break;
    }
    return std::nullopt;
}

std::optional<elf::symbol> object::find_sysv(const wanted& what) const
{
    if (_sysv.buckets.empty())
        return std::nullopt;
    u32 index = _sysv.buckets[sysv_hash(what.name) % _sysv.buckets.size()];
    for (size_t steps = 0; index != 0 && index < _sysv.chains.size() && steps < _sysv.chains.size();
         steps++) {
        if (const auto s = symbol(index); s && fits(index, *s, what))
            return s;
        index = _sysv.chains[index];
    }
    return std::nullopt;
}

bool object::fits(u32 index, const elf::symbol& s, const wanted& what) const
{
    const bool is_public = s.binding() == elf::binding_global || s.binding() == elf::binding_weak ||
                           s.binding() == elf::binding_unique;
    if (!is_public || s.section == elf::section_undefined || (s.value == 0 && s.type() != elf::symbol_tls))
        return false;
    const auto name = string(s.name);
    return name && *name == what.name && fits_version(index, what.with);
}

/// An object without versions fits every reference: that is how a program of glibc's is bound to musl.
bool object::fits_version(u32 index, const version* with) const
{
    if (!_versions || !_definitions)
        return true;
    const auto mark = _bytes.get<u16>(_versions + u64{index} * sizeof(u16));
    if (!mark)
        return false;
    const u16 number = *mark & ~elf::version_hidden;
    if (!with)
        return !(*mark & elf::version_hidden);
    if (number <= elf::version_base)
        return number == elf::version_base;
    const auto own = defined_version(number);
    return own && own->hash == with->hash && own->name == with->name;
}

std::optional<version> object::defined_version(u16 number) const
{
    u64 at = _definitions;
    for (u64 i = 0; i < _definition_count; i++) {
        const auto definition = _bytes.get<elf::version_definition>(at);
        if (!definition)
            return std::nullopt;
        if (definition->index == number) {
            const auto name = _bytes.get<elf::version_definition_name>(at + definition->names);
            const auto text = name ? string(name->name) : std::nullopt;
            return text ? std::optional(version{*text, definition->hash}) : std::nullopt;
        }
        if (definition->next == 0)
            break;
        at += definition->next;
    }
    return std::nullopt;
}

std::optional<version> object::version_of_reference(u32 index) const
{
    if (!_versions)
        return std::nullopt;
    const auto mark = _bytes.get<u16>(_versions + u64{index} * sizeof(u16));
    if (!mark || (*mark & ~elf::version_hidden) <= elf::version_base)
        return std::nullopt;
    const u16 number = *mark & ~elf::version_hidden;
    if (const auto own = _definitions ? defined_version(number) : std::nullopt)
        return own; // of a symbol that the object defines itself
    u64 at = _needs;
    for (u64 i = 0; i < _need_count; i++) {
        const auto need = _bytes.get<elf::version_need>(at);
        if (!need)
            return std::nullopt;
        u64 name_at = at + need->first;
        for (u16 n = 0; n < need->count; n++) {
            const auto name = _bytes.get<elf::version_need_name>(name_at);
            if (!name)
                return std::nullopt;
            if ((name->index & ~elf::version_hidden) == number) {
                const auto text = string(name->name);
                return text ? std::optional(version{*text, name->hash}) : std::nullopt;
            }
            if (name->next == 0)
                break;
            name_at += name->next;
        }
        if (need->next == 0)
            break;
        at += need->next;
    }
    return std::nullopt;
}
} // namespace linker
