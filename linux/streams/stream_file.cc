#include "linux/streams/stream_file.hh"

#include <algorithm>
#include <array>

#include "core/base/make_unique.hh"
#include "core/log.hh"
#include "core/mm/io_buffer.hh"
#include "core/mm/user_access.hh"
#include "core/sync/mutex.hh"
#include "fs/vfs/anonymous_inode.hh"
#include "linux/abi/ioctl.hh"

namespace linux
{
namespace
{
constexpr size_t large_buffer = 16_KiB;
constexpr size_t small_buffer = 512;
constexpr u32 pipe_mode = 0600;

/// Bytes on their way between the application and a stream.
class transfer_buffer
{
  public:
    /// Makes a large one, or if there is no memory for that a small one. Errors: enomem.
    result<void> make()
    {
        for (const size_t size : {large_buffer, small_buffer}) {
            if (auto bytes = try_make_unique<std::byte[]>(size)) {
                _bytes = std::move(*bytes);
                _size = size;
                return {};
            }
        }
        return fail(errc::enomem);
    }
    explicit operator bool() const { return _bytes != nullptr; }
    std::span<std::byte> space() { return {_bytes.get(), _size}; }

  private:
    unique_ptr<std::byte[]> _bytes;
    size_t _size = 0;
};

/// For /proc/self/fd, as of any pipe.
result<size_t> describe_pipe(const vfs::inode& inode, std::span<char> buffer)
{
    return klog::format(buffer.data(), buffer.size(), "pipe:[{}]", inode.number());
}

class input_file final : public vfs::file
{
  public:
    input_file(ref_ptr<vfs::inode> inode, input_stream& from)
        : file(std::move(inode), vfs::open_flag::read_only), _stream(from)
    {
    }

    result<size_t> read(io_buffer& to) override
    {
        lock_guard guard{_lock};
        if (_filled == 0 && !to.empty()) {
            if (!_buffer)
                TRY(_buffer.make());
            const auto space = _buffer.space();
            _filled =
                TRY(_stream.read(space.first(std::min(to.remaining(), space.size())),
                                 nonblocking() ? input_stream::blocking::no : input_stream::blocking::yes));
            _start = 0;
        }
        // What the application's memory does not take stays for the next read.
        const size_t wanted = std::min(_filled, to.remaining());
        const size_t moved = to.copy_out(_buffer.space().subspan(_start, wanted));
        _start += moved;
        _filled -= moved;
        return transferred(moved, moved < wanted);
    }

    u32 poll(u32 interest, vfs::poll_registrar* registrar) override
    {
        if (auto* const queue = _stream.queue(); queue && registrar)
            registrar->listen(*queue);
        return _stream.readable() ? interest & vfs::poll_event::readable : 0;
    }
    bool can_wait() const override { return true; }
    result<size_t> describe(std::span<char> buffer) const override { return describe_pipe(inode(), buffer); }

    result<u64> control(u32 request, virt_addr argument) override
    {
        if (request != fionread)
            return file::control(request, argument);
        const int none = 0; // a port does not tell how much it holds
        TRY(mm::copy_to_user(argument, &none, sizeof(none)));
        return u64{0};
    }

  private:
    input_stream& _stream;
    mutex _lock{lock_rank::pipe};
    transfer_buffer _buffer GUARDED_BY(_lock);
    size_t _start GUARDED_BY(_lock) = 0;
    size_t _filled GUARDED_BY(_lock) = 0;
};

class output_file final : public vfs::file
{
  public:
    output_file(ref_ptr<vfs::inode> inode, output_stream& to)
        : file(std::move(inode), vfs::open_flag::write_only), _stream(to)
    {
    }

    result<size_t> write(io_buffer& from) override
    {
        lock_guard guard{_lock};
        const auto mode = nonblocking() ? output_stream::blocking::no : output_stream::blocking::yes;
        std::array<std::byte, small_buffer>
            few; // a line needs no memory, and when there is none, all goes this way
        std::span<std::byte> space(few);
        if (from.remaining() > few.size() && (_buffer || _buffer.make()))
            space = _buffer.space();
        size_t done = 0;
        while (!from.empty()) {
            const size_t wanted = std::min(from.remaining(), space.size());
            const size_t got = from.copy_in(space.first(wanted));
            if (got == 0)
                return transferred(done, true);
            const auto put = _stream.write(space.first(got), mode);
            if (!put) {
                if (done)
                    return done;
                return put;
            }
            done += *put;
            if (*put < got || got < wanted)
                break;
        }
        return done;
    }

    u32 poll(u32 interest, vfs::poll_registrar* registrar) override
    {
        if (auto* const queue = _stream.queue(); queue && registrar)
            registrar->listen(*queue);
        if (_stream.hung_up())
            return (interest & vfs::poll_event::writable) | vfs::poll_event::error;
        return _stream.writable() ? interest & vfs::poll_event::writable : 0;
    }
    bool can_wait() const override { return true; }
    result<size_t> describe(std::span<char> buffer) const override { return describe_pipe(inode(), buffer); }

  private:
    output_stream& _stream;
    mutex _lock{lock_rank::pipe};
    transfer_buffer _buffer GUARDED_BY(_lock);
};
} // namespace

result<ref_ptr<vfs::file>> open_input(input_stream& from)
{
    auto inode = TRY(vfs::anonymous_inode::create(vfs::file_type::fifo, pipe_mode));
    return TRY(make_ref<input_file>(std::move(inode), from));
}

result<ref_ptr<vfs::file>> open_output(output_stream& to)
{
    auto inode = TRY(vfs::anonymous_inode::create(vfs::file_type::fifo, pipe_mode));
    return TRY(make_ref<output_file>(std::move(inode), to));
}
} // namespace linux
