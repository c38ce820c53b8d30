#include "loader/dynamic/relocate.hh"

namespace linker
{
namespace
{
class relocator
{
  public:
    relocator(const object& o, std::span<const object* const> scope, memory& to,
              const descriptor_functions& functions)
        : _object(o), _scope(scope), _to(to), _functions(functions)
    {
    }

    failure_report run()
    {
        if (relative() && all(_object.relocations()) && all(_object.plt_relocations()))
            return {};
        return _failure;
    }

  private:
    bool failed(defect d)
    {
        _failure.what = d;
        return false;
    }

    bool write(u64 offset, u64 value)
    {
        if (!_object.holds(offset, sizeof value))
            return failed(defect::relocation_place);
        return _to.write(_object.bias + offset, value) || failed(defect::not_written);
    }

    /// RELR: an even word is an address, an odd one a bitmap of the 63 words behind the last.
    bool relative()
    {
        u64 next = 0;
        for (const u64 entry : _object.relative_relocations()) {
            if (!(entry & 1)) {
                if (!add_bias(entry))
                    return false;
                next = entry + sizeof(u64);
                continue;
            }
            for (u64 bits = entry >> 1, at = next; bits; bits >>= 1, at += sizeof(u64))
                if ((bits & 1) && !add_bias(at))
                    return false;
            next += 63 * sizeof(u64);
        }
        return true;
    }

    bool add_bias(u64 offset)
    {
        u64 value = 0;
        if (!_object.holds(offset, sizeof value))
            return failed(defect::relocation_place);
        if (!_to.read(_object.bias + offset, value))
            return failed(defect::not_written);
        return write(offset, value + _object.bias);
    }

    bool all(std::span<const elf::rela> relocations)
    {
        for (const auto& r : relocations)
            if (!one(r))
                return false;
        return true;
    }

    bool one(const elf::rela& r)
    {
        const u64 addend = static_cast<u64>(r.addend);
        switch (r.type()) {
        case elf::rela_none:
            return true;
        case elf::rela_relative:
            return write(r.offset, _object.bias + addend);
        case elf::rela_indirect:
            return indirect(r.offset, _object.bias + addend);
        case elf::rela_64:
            return address(r, addend);
        case elf::rela_got:
        case elf::rela_jump_slot:
            return address(r, 0);
        case elf::rela_copy:
            return copy(r);
        case elf::rela_size_64: {
            const definition* const d = resolve(r);
            return d && write(r.offset, d->symbol.size + addend);
        }
        case elf::rela_tls_module:
        case elf::rela_tls_offset:
        case elf::rela_tls_static:
        case elf::rela_tls_descriptor:
            return thread_local_storage(r, addend);
        default:
            return failed(defect::relocation_kind);
        }
    }

    bool indirect(u64 offset, u64 resolver)
    {
        if (!_object.holds(offset, sizeof(u64)))
            return failed(defect::relocation_place);
        return _to.add_indirect(_object.bias + offset, resolver) || failed(defect::not_written);
    }

    bool address(const elf::rela& r, u64 addend)
    {
        const definition* const d = resolve(r);
        if (!d)
            return false;
        if (!d->where)
            return write(r.offset, addend); // weak, and nobody has it
        const u64 value = (d->symbol.section == elf::section_absolute ? 0 : d->where->bias) + d->symbol.value;
        if (d->symbol.type() == elf::symbol_indirect)
            return indirect(r.offset, value);
        return write(r.offset, value + addend);
    }

    bool copy(const elf::rela& r)
    {
        const auto own = _object.symbol(r.symbol_index());
        const auto name = own ? _object.string(own->name) : std::nullopt;
        if (!name)
            return failed(defect::relocation_symbol);
        const auto with = _object.version_of_reference(r.symbol_index());
        const definition d = find_in(_scope, *name, with ? &*with : nullptr, &_object);
        if (!d.where)
            return unresolved(*name, with);
        const u64 size = own->size < d.symbol.size ? own->size : d.symbol.size;
        if (!_object.holds(r.offset, size) || !d.where->holds(d.symbol.value, size))
            return failed(defect::relocation_place);
        return _to.copy(_object.bias + r.offset, d.where->bias + d.symbol.value, size) ||
               failed(defect::not_written);
    }

    bool thread_local_storage(const elf::rela& r, u64 addend)
    {
        // Without a symbol the object's own storage is meant.
        definition d{&_object, {}};
        if (r.symbol_index() != 0) {
            const definition* const found = resolve(r);
            if (!found)
                return false;
            d = *found;
        }
        if (!d.where) // weak, and nobody has it
            return write(r.offset, 0);
        const tls_block& block = d.where->tls;
        if (block.module == 0)
            return failed(defect::tls);
        const u64 in_block = d.symbol.value + addend;
        switch (r.type()) {
        case elf::rela_tls_module:
            return write(r.offset, block.module);
        case elf::rela_tls_offset:
            return write(r.offset, in_block);
        case elf::rela_tls_static:
            return block.in_every_thread ? write(r.offset, in_block - block.offset)
                                         : failed(defect::tls_too_late);
        default:
            return descriptor(r.offset, block, in_block);
        }
    }

    bool descriptor(u64 offset, const tls_block& block, u64 in_block)
    {
        if (block.in_every_thread)
            return write(offset, _functions.in_every_thread) &&
                   write(offset + sizeof(u64), in_block - block.offset);
        return write(offset, _functions.by_module) &&
               write(offset + sizeof(u64), block.module << 32 | (in_block & 0xffff'ffff));
    }

    /// What the relocation's symbol means; null after a failure. The last answer is kept: neighbours often
    /// ask for the same.
    const definition* resolve(const elf::rela& r)
    {
        const u32 index = r.symbol_index();
        if (index == 0) {
            failed(defect::relocation_symbol);
            return nullptr;
        }
        if (index == _last_index)
            return &_last;
        const auto own = _object.symbol(index);
        const auto name = own ? _object.string(own->name) : std::nullopt;
        if (!name) {
            failed(defect::relocation_symbol);
            return nullptr;
        }
        const auto with = _object.version_of_reference(index);
        definition d;
        if (own->binding() == elf::binding_local)
            d = {&_object, *own};
        else
            d = find_in(_scope, *name, with ? &*with : nullptr);
        if (!d.where && own->binding() != elf::binding_weak) {
            unresolved(*name, with);
            return nullptr;
        }
        _last_index = index;
        _last = d;
        return &_last;
    }

    bool unresolved(std::string_view name, const std::optional<version>& with)
    {
        _failure.symbol = name;
        if (with)
            _failure.version = with->name;
        return failed(defect::unresolved_symbol);
    }

    const object& _object;
    std::span<const object* const> _scope;
    memory& _to;
    const descriptor_functions& _functions;
    failure_report _failure;
    u32 _last_index = 0;
    definition _last;
};
} // namespace

definition find_in(std::span<const object* const> scope, std::string_view name, const version* with,
                   const object* except)
{
    const object::wanted what{name, gnu_hash(name), with};
    for (const object* o : scope)
        if (o != except)
            if (const auto s = o->find(what))
                return {o, *s};
    return {};
}

failure_report relocate(const object& o, std::span<const object* const> scope, memory& to,
                        const descriptor_functions& functions)
{
    return relocator(o, scope, to, functions).run();
}
} // namespace linker
