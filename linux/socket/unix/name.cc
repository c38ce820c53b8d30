#include "linux/socket/unix/name.hh"

#include "core/log.hh"
#include "fs/vfs/lookup.hh"
#include "linux/files/context.hh"
#include "linux/socket/unix/endpoint.hh"

namespace linux
{
namespace
{
constexpr size_t path_offset = offsetof(sockaddr_un, path);
constexpr u32 autobind_names = 1u << 20; // five hexadecimal digits

/// All names in use; made with the first one and kept.
struct registry {
    mutex lock{lock_rank::generic_mutex};
    unix_name::tree names GUARDED_BY(lock);
};
constinit std::atomic<registry*> the_registry{nullptr};
constinit std::atomic<u32> next_autobind{0};

result<registry*> make_registry()
{
    if (auto* const known = the_registry.load(std::memory_order_acquire))
        return known;
    auto fresh = TRY(try_make_unique<registry>());
    registry* expected = nullptr;
    return the_registry.compare_exchange_strong(expected, fresh.get()) ? fresh.release() : expected;
}

/// Null: nobody is bound there.
ref_ptr<unix_endpoint> find(const unix_name::key& key)
{
    auto* const all = the_registry.load(std::memory_order_acquire);
    if (!all)
        return nullptr;
    lock_guard guard{all->lock};
    const auto found = all->names.find(key);
    return found == all->names.end() ? nullptr : ref_ptr<unix_endpoint>(found->owner());
}

result<ref_ptr<unix_name>> enter(std::string_view text, ref_ptr<vfs::inode> node, unix_endpoint& owner)
{
    auto* const all = TRY(make_registry());
    auto name = TRY(make_ref<unix_name>(text, std::move(node), owner));
    lock_guard guard{all->lock};
    if (!all->names.insert(*name).second)
        return fail(errc::eaddrinuse);
    return name;
}

result<ref_ptr<unix_name>> bind_path(std::string_view text, unix_endpoint& owner)
{
    const auto base = text.starts_with('/') ? vfs::root() : filesystem().working_directory();
    const u32 mode = static_cast<u32>(vfs::file_type::socket) | (0777 & ~filesystem().umask());
    const auto made = vfs::make_node(base, text, mode, {});
    if (!made)
        return fail(made.error() == errc::eexist ? errc::eaddrinuse : made.error());
    if (owner.name()) {
        (void)vfs::unlink(base, text);
        return fail(errc::einval);
    }
    const auto where = TRY(vfs::resolve(base, text, vfs::final_link::keep));
    return enter(text, ref_ptr<vfs::inode>(where.inode()), owner);
}

result<ref_ptr<unix_name>> autobind(unix_endpoint& owner)
{
    for (u32 tries = 0; tries < autobind_names; tries++) {
        const u32 number = next_autobind.fetch_add(1, std::memory_order_relaxed) % autobind_names;
        char text[6] = {};
        for (unsigned i = 0; i < 5; i++)
            text[1 + i] = "0123456789abcdef"[number >> (16 - 4 * i) & 0xf];
        auto name = enter({text, sizeof text}, nullptr, owner);
        if (name || name.error() != errc::eaddrinuse)
            return name;
    }
    return fail(errc::enospc);
}
} // namespace

unix_name::unix_name(std::string_view text, ref_ptr<vfs::inode> node, unix_endpoint& owner)
    : _node(std::move(node)), _owner(owner), _length(text.size())
{
    _text[text.copy(_text, sizeof _text - 1)] = '\0';
}

unix_name::key unix_name::registry_key() const
{
    return _node ? key{_node.get(), 0, {}} : key{nullptr, _owner.type, text()};
}

socket_address unix_name::address() const
{
    struct {
        u16 family = af_unix;
        char path[sizeof _text];
    } shown;
    std::memcpy(shown.path, _text, sizeof shown.path);
    return socket_address::of(shown, path_offset + _length + (is_abstract() ? 0 : 1));
}

result<std::string_view> unix_text(const socket_address& address)
{
    if (address.length() < path_offset || address.length() > sizeof(sockaddr_un) ||
        address.family() != af_unix)
        return fail(errc::einval);
    const auto bytes = address.bytes().subspan(path_offset);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.empty() || text.front() == '\0')
        return text;
    return text.substr(0, text.find('\0'));
}

result<ref_ptr<unix_endpoint>> find_unix(const socket_address& address, u32 type)
{
    const auto text = TRY(unix_text(address));
    if (text.empty())
        return fail(errc::einval);
    ref_ptr<unix_endpoint> found;
    if (text.front() == '\0') {
        found = find({nullptr, type, text});
    } else {
        const auto base = text.starts_with('/') ? vfs::root() : filesystem().working_directory();
        const auto where = TRY(vfs::resolve(base, text));
        found = find({&where.inode(), 0, {}});
    }
    if (!found)
        return fail(errc::econnrefused);
    if (found->type != type)
        return fail(errc::eprototype);
    return found;
}

result<ref_ptr<unix_name>> bind_unix(const socket_address& address, unix_endpoint& owner)
{
    const auto text = TRY(unix_text(address));
    if (text.empty())
        return owner.name() ? owner.name() : autobind(owner);
    if (text.front() != '\0')
        return bind_path(text, owner);
    if (owner.name())
        return fail(errc::einval);
    return enter(text, nullptr, owner);
}

void unbind_unix(unix_name& name)
{
    auto* const all = the_registry.load(std::memory_order_acquire);
    lock_guard guard{all->lock};
    all->names.erase(all->names.iterator_to(name));
}
} // namespace linux
