// An open end of a pipe: of pipe(2), or of a FIFO, which may be both ends at once.
#pragma once

#include "fs/pipe/pipe.hh"
#include "fs/vfs/file.hh"

namespace fs
{
class pipe_file final : public vfs::file
{
  public:
    /// An end without a name. The constructors count the ends that `flags` open; the destructor ends that.
    pipe_file(ref_ptr<vfs::inode> anonymous, ref_ptr<pipe> p, u32 flags);
    /// An end of a FIFO.
    pipe_file(const vfs::path& where, ref_ptr<pipe> p, u32 flags);
    ~pipe_file() override;

    /// The file as an end of a pipe, or null: nothing else has a pipe's size.
    static pipe_file* of(vfs::file& file)
    {
        return file.pipe_size() ? static_cast<pipe_file*>(&file) : nullptr;
    }
    pipe& ring() const { return *_pipe; }

    result<size_t> read(io_buffer& to) override;
    result<size_t> write(io_buffer& from) override;
    result<u64> control(u32 request, virt_addr argument) override; // FIONREAD
    u32 poll(u32 interest, vfs::poll_registrar* registrar) override;
    bool can_wait() const override { return true; }
    result<size_t> pipe_size() override { return _pipe->capacity(); }
    result<size_t> set_pipe_size(size_t bytes) override { return _pipe->set_capacity(bytes); }
    result<size_t> describe(std::span<char> buffer) const override;

  private:
    pipe::ends open_as() const { return {.reader = may_read(), .writer = may_write()}; }
    pipe::blocking mode() const { return nonblocking() ? pipe::blocking::no : pipe::blocking::yes; }

    const ref_ptr<pipe> _pipe;
};
} // namespace fs
