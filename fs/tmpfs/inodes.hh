// The kinds of inodes of tmpfs: regular files, directories, symbolic links and special files.
#pragma once

#include "fs/tmpfs/directory_entries.hh"
#include "fs/tmpfs/file_pages.hh"
#include "fs/tmpfs/node.hh"

namespace tmpfs
{
class regular_inode final : public node
{
  public:
    static result<ref_ptr<regular_inode>> create(file_system& fs, const vfs::creation& how, u32 links);
    regular_inode(file_system& fs, const vfs::creation& how, u32 links, ref_ptr<file_pages> pages);

    result<size_t> read(u64 offset, io_buffer& to) override;
    result<size_t> write(u64& position, io_buffer& from, vfs::write_mode mode) override;
    result<void> allocate(u32 mode, u64 offset, u64 length) override;
    result<u64> seek_data(u64 offset, vfs::seek_origin what) override;
    result<ref_ptr<mm::memory_object>> memory_object() override;
    file_pages& pages() { return *_pages; }

  private:
    u64 content_size() override { return _pages->size(); }
    u64 content_pages() override { return _pages->page_count(); }
    result<void> resize(u64 size) override;

    mutex _write_lock{lock_rank::file_write}; // the size, and which bytes are written
    const ref_ptr<file_pages> _pages;
};

class directory_inode final : public node
{
  public:
    directory_inode(file_system& fs, const vfs::creation& how);

    result<ref_ptr<vfs::inode>> lookup(std::string_view name) override;
    result<ref_ptr<vfs::inode>> create(std::string_view name, const vfs::creation& how) override;
    result<ref_ptr<vfs::inode>> make_directory(std::string_view name, const vfs::creation& how) override;
    result<ref_ptr<vfs::inode>> make_node(std::string_view name, vfs::file_type type,
                                          vfs::device_number device, const vfs::creation& how) override;
    result<ref_ptr<vfs::inode>> make_symlink(std::string_view name, std::string_view target,
                                             const vfs::creation& how) override;
    result<void> link(std::string_view name, vfs::inode& target) override;
    result<void> unlink(std::string_view name, vfs::inode& victim) override;
    result<void> remove_directory(std::string_view name, vfs::inode& victim) override;
    result<void> rename(std::string_view name, vfs::inode& what, vfs::inode& new_parent,
                        std::string_view new_name, vfs::inode* replaced, u32 flags) override;
    result<ref_ptr<vfs::inode>> create_unnamed(const vfs::creation& how) override;
    result<void> list(u64 cookie, vfs::directory_sink& sink) override;

  private:
    u64 content_size() override { return _entries.count() * 20; } // as Linux's tmpfs reports
    result<ref_ptr<vfs::inode>> add(std::string_view name, ref_ptr<node> made);
    result<void> exchange(directory_entries::entry& mine, directory_inode& other,
                          directory_entries::entry& theirs);

    directory_entries _entries; // the inode lock
};

class symlink_inode final : public node
{
  public:
    static result<ref_ptr<symlink_inode>> create(file_system& fs, std::string_view target,
                                                 const vfs::creation& how);
    symlink_inode(file_system& fs, const vfs::creation& how, unique_ptr<char[]> text, size_t length)
        : node(fs, vfs::file_type::symlink, how, 1), _text(std::move(text)), _length(length)
    {
    }

    result<vfs::link_text> read_link() override { return vfs::link_text{{_text.get(), _length}, nullptr}; }

  private:
    u64 content_size() override { return _length; }

    const unique_ptr<char[]> _text;
    const size_t _length;
};

/// FIFO, socket, character or block special file.
class special_inode final : public node
{
  public:
    special_inode(file_system& fs, vfs::file_type type, vfs::device_number number, const vfs::creation& how)
        : node(fs, type, how, 1), _number(number)
    {
    }

  private:
    vfs::device_number device() const override { return _number; }

    const vfs::device_number _number;
};
} // namespace tmpfs
