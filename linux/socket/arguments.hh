// How calls on sockets get at their socket and their control data.
#pragma once

#include <array>

#include "linux/files/arguments.hh"
#include "linux/socket/socket_file.hh"

namespace linux
{
/// A descriptor's socket for the length of a call.
class used_socket
{
  public:
    explicit used_socket(int descriptor) : _file(descriptors().get(descriptor))
    {
        if (_file && !_file->path_only()) [[likely]]
            _socket = socket_file::from(*_file);
    }
    /// Before it is used. Errors: ebadf, enotsock.
    result<void> found() const
    {
        if (_socket) [[likely]]
            return {};
        return fail(_file && !_file->path_only() ? errc::enotsock : errc::ebadf);
    }
    socket_file& operator*() const { return *_socket; }
    socket_file* operator->() const { return _socket; }

  private:
    file_ref _file;
    socket_file* _socket = nullptr;
};

/// Kernel memory for the control data of one message: on the stack if it is little.
class control_memory
{
  public:
    control_memory() = default;
    control_memory(const control_memory&) = delete;
    control_memory& operator=(const control_memory&) = delete;

    result<std::span<std::byte>> reserve(size_t bytes)
    {
        if (bytes <= _few.size())
            return std::span(_few).first(bytes);
        _many = TRY(try_make_unique<std::byte[]>(bytes));
        return std::span(_many.get(), bytes);
    }

  private:
    alignas(8) std::array<std::byte, 128> _few;
    unique_ptr<std::byte[]> _many;
};
} // namespace linux
