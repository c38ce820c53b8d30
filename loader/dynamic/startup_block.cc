#include "loader/dynamic/startup_block.hh"

#include "arch/direct_entry.hh"

namespace linker
{
namespace
{
/// A piece of memory that is filled from the front.
class writer
{
  public:
    writer(std::byte* bytes, u64 address) : _bytes(bytes), _address(address) {}

    /// `count` Ts; where they are in application memory is left in `address`.
    template <class T>
    T* take(size_t count, u64& address)
    {
        T* const place = reinterpret_cast<T*>(_bytes + _used);
        address = _address + _used;
        _used += align_up(count * sizeof(T), 8);
        return place;
    }

  private:
    std::byte* _bytes;
    u64 _address;
    size_t _used = 0;
};

u64 biased(const object& o, u64 address)
{
    return address ? o.bias + address : 0;
}
} // namespace

/// RELRO: what relocations wrote and the program must not.
result<void> startup_block::seal(mm::address_space& space, const user_memory& memory)
{
    for (const auto& l : _content.libraries)
        for (const auto& p : l->file.program_headers()) {
            if (p.type != elf::segment_gnu_relro || !l->linked.holds(p.address, p.memory_size))
                continue;
            const u64 start = align_down(l->linked.bias + p.address, page_size);
            const u64 end = align_down(l->linked.bias + p.address + p.memory_size, page_size);
            if (start >= end)
                continue;
            bool later = false;
            for (const auto& i : memory.indirect.all())
                later |= i.where >= start && i.where < end;
            if (later)
                TRY(_sealed.push({start, end - start}));
            else
                TRY(space.protect(virt_addr(start), end - start, mm::protection::read));
        }
    return {};
}

size_t startup_block::size_with(size_t indirect_words) const
{
    size_t size = _content.libraries.size() * sizeof(startup::object) +
                  new_modules() * sizeof(startup::tls_module) + indirect_words * sizeof(startup::indirect) +
                  _sealed.size() * sizeof(startup::sealed) + (_content.group.size() + 1) * sizeof(u64);
    for (const auto& l : _content.libraries) {
        size += align_up(l->name().size() + 1, 8);
        if (!l->file.layout().program_header_address)
            size += l->file.program_headers().size_bytes();
    }
    return size;
}

void startup_block::place_objects(u64 first)
{
    for (const auto& l : _content.libraries) {
        l->object_address = first;
        first += sizeof(startup::object);
    }
}

void startup_block::fill(startup::object& to, const library& l) const
{
    const object& o = l.linked;
    to.base = o.bias;
    to.dynamic = o.bias + o.dynamic_section();
    to.tls_module = o.tls.module;
    to.init = biased(o, o.init());
    to.init_array = biased(o, o.init_array());
    to.init_count = o.init_count();
    to.fini = biased(o, o.fini());
    to.fini_array = biased(o, o.fini_array());
    to.fini_count = o.fini_count();
    to.header_count = l.file.program_headers().size();
    to.opened_by = _content.group.empty() ? 0 : _content.group.front()->object_address;
}

result<startup::link> startup_block::leave(mm::address_space& space, const user_memory& memory)
{
    TRY(seal(space, memory));
    const auto libraries = _content.libraries;
    const tls_layout& tls = _content.tls;
    length = size_with(memory.indirect.size());
    const auto buffer = TRY(try_make_unique<std::byte[]>(length));
    place = TRY(space.map({.length = length,
                           .rights = mm::protection::read | mm::protection::write,
                           .object = {},
                           .name = "[link]"}));
    writer out(buffer.get(), place.value);

    startup::link link{};
    link.door = arch::direct_entry().value;
    auto* const objects = out.take<startup::object>(libraries.size(), link.objects);
    auto* const modules = out.take<startup::tls_module>(new_modules(), link.tls_modules);
    auto* const indirect = out.take<startup::indirect>(memory.indirect.size(), link.indirect);
    auto* const sealed = out.take<startup::sealed>(_sealed.size(), link.sealed);
    u64 group_address = 0;
    auto* const group = out.take<u64>(_content.group.size() + 1, group_address);
    place_objects(link.objects);
    link.tls_count = tls.modules;
    link.tls_size = tls.size;
    link.tls_alignment = tls.alignment;
    link.tls_in_every_thread = tls.surplus_end;
    link.indirect_count = memory.indirect.size();
    link.sealed_count = _sealed.size();
    std::ranges::copy(memory.indirect.all(), indirect);
    std::ranges::copy(_sealed.all(), sealed);
    std::ranges::transform(_content.group, group, &library::object_address);

    for (size_t i = 0; i < libraries.size(); i++) {
        const library& l = *libraries[i];
        const object& o = l.linked;
        startup::object& to = objects[i];
        fill(to, l);
        to.next = i + 1 < libraries.size() ? libraries[i + 1]->object_address : 0;
        to.previous = i ? libraries[i - 1]->object_address : 0;
        if (const u64 mapped = l.file.layout().program_header_address)
            to.headers = o.bias + mapped;
        else
            std::ranges::copy(l.file.program_headers(),
                              out.take<elf::program_header>(to.header_count, to.headers));
        l.name().copy(out.take<char>(l.name().size() + 1, to.name), l.name().size());
        if (o.tls.module)
            modules[o.tls.module - 1 - _content.modules_before] = {
                o.tls.module < tls.modules ? link.tls_modules + (o.tls.module - _content.modules_before) *
                                                                    sizeof(startup::tls_module)
                                           : 0,
                o.bias + o.tls.image,
                o.tls.file_size,
                o.tls.memory_size,
                o.tls.alignment,
                o.tls.offset,
            };
    }
    if (new_modules() == 0)
        link.tls_modules = 0;
    u64* link_to_next = &link.first_to_init;
    for (const library* l : _content.construction) {
        *link_to_next = l->object_address;
        link_to_next = &objects[(l->object_address - link.objects) / sizeof(startup::object)].next_to_init;
    }
    TRY(mm::copy_to_user(place, buffer.get(), length));
    if (!_content.group.empty())
        _content.group.front()->group_address = group_address;
    if (libraries.empty())
        link.objects = 0;
    return link;
}
} // namespace linker
