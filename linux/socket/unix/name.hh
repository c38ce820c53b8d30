// Names of unix sockets: paths, abstract names, and who is bound to them (unix(7)).
#pragma once

#include <string_view>

#include "core/base/intrusive.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"
#include "fs/vfs/inode.hh"
#include "linux/socket/address.hh"

namespace linux
{
class unix_endpoint;

/// A name that somebody is bound to. Never changes; outlives its registration while messages show it.
class unix_name : public ref_counted<unix_name>
{
  public:
    /// `node`: the socket in the tree that the path made; null for an abstract name, which begins with a
    /// zero.
    unix_name(std::string_view text, ref_ptr<vfs::inode> node, unix_endpoint& owner);

    socket_address address() const;
    std::string_view text() const { return {_text, _length}; }
    bool is_abstract() const { return !_node; }

    /// What the registry sorts by: the inode of a path; the characters of an abstract name and the type of
    /// its sockets, since each type has names of its own.
    struct key {
        const vfs::inode* node;
        u32 type;
        std::string_view text;
        bool operator<(const key& other) const
        {
            if (node != other.node)
                return node < other.node;
            return type != other.type ? type < other.type : text < other.text;
        }
    };
    key registry_key() const;
    /// Alive while the name is registered.
    unix_endpoint& owner() const { return _owner; }

  private:
    const ref_ptr<vfs::inode> _node;
    unix_endpoint& _owner;
    const size_t _length;
    char _text[sizeof(sockaddr_un::path) + 1];
    tree_hook _link; // the registry's lock

    struct key_of {
        using type = key;
        type operator()(const unix_name& name) const { return name.registry_key(); }
    };

  public:
    using tree = intrusive::set<unix_name, intrusive::member_hook<unix_name, tree_hook, &unix_name::_link>,
                                intrusive::key_of_value<key_of>, intrusive::constant_time_size<false>>;
};

/// What an AF_UNIX address says: a path, an abstract name (beginning with a zero), or nothing (autobind). The
/// text lies in `address`. Errors: einval.
result<std::string_view> unix_text(const socket_address& address);

/// Who is bound to the address. Errors: econnrefused (nobody, or no socket), eprototype (not of this type),
/// and those of the path look-up.
result<ref_ptr<unix_endpoint>> find_unix(const socket_address& address, u32 type);

/// Binds `owner`: makes a name in the tree, an abstract one, or chooses one (autobind). Errors: eaddrinuse,
/// einval, and those of mknod.
result<ref_ptr<unix_name>> bind_unix(const socket_address& address, unix_endpoint& owner);

/// The owner ends.
void unbind_unix(unix_name& name);
} // namespace linux
