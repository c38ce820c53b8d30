// An inode of EROFS in use.
#pragma once

#include "fs/erofs/erofs.hh"

namespace erofs
{
class node final : public vfs::inode
{
  public:
    node(file_system& fs, u64 node_id, const inode_layout& layout)
        : inode(fs, layout.type(), node_id), _layout(layout)
    {
    }
    ~node() override;

    result<void> get_attributes(vfs::attributes& out) override;
    result<size_t> read(u64 offset, io_buffer& to) override;
    result<ref_ptr<mm::memory_object>> memory_object() override;
    std::span<const std::byte> mapped_bytes() override;
    result<vfs::link_text> read_link() override;
    result<ref_ptr<vfs::inode>> lookup(std::string_view name) override;
    result<void> list(u64 cookie, vfs::directory_sink& sink) override;

  private:
    friend class file_system;
    file_system& fs() const { return static_cast<file_system&>(owner()); }
    result<size_t> read_in_place(u64 offset, io_buffer& to);

    const inode_layout _layout;
    std::atomic<mm::memory_object*> _pages{nullptr}; // owns a reference; made at first use
    node* _next = nullptr;                           // the file system's lock
};
} // namespace erofs
