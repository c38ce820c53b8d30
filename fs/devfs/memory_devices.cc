// The memory devices of mem(4): null, zero, full, random, urandom. Major number 1.
#include "fs/devfs/devfs.hh"

#include <algorithm>
#include <array>

#include "core/mm/io_buffer.hh"
#include "core/mm/memory_object.hh"
#include "core/random.hh"
#include "fs/tmpfs/tmpfs.hh"
#include "fs/vfs/device.hh"
#include "fs/vfs/file.hh"

namespace devfs
{
namespace
{
enum class kind : u8 { null = 3, zero = 5, full = 7, random = 8, urandom = 9 }; // their minor numbers

class memory_device final : public vfs::file
{
  public:
    memory_device(const vfs::path& where, u32 flags, kind k) : file(where, flags), _kind(k) {}

    result<size_t> read(io_buffer& to) override;
    result<size_t> write(io_buffer& from) override;
    result<size_t> read_at(u64, io_buffer& to) override { return read(to); }
    result<size_t> write_at(u64, io_buffer& from) override { return write(from); }
    result<u64> seek(s64, vfs::seek_origin) override { return u64{0}; }
    result<u64> control(u32 request, virt_addr argument) override;
    result<ref_ptr<mm::memory_object>> memory_object() override;
    bool can_wait() const override { return true; }

  private:
    const kind _kind;
};

result<size_t> fill_random(io_buffer& to)
{
    std::array<std::byte, 256> piece;
    size_t done = 0;
    while (!to.empty()) {
        const size_t wanted = std::min(piece.size(), to.remaining());
        random_fill(std::span(piece).first(wanted));
        const size_t moved = to.copy_out(std::span(piece).first(wanted));
        done += moved;
        if (moved < wanted)
            return transferred(done, true);
    }
    return done;
}

result<size_t> stir_random(io_buffer& from)
{
    std::array<std::byte, 256> piece;
    size_t done = 0;
    while (!from.empty()) {
        const size_t wanted = std::min(piece.size(), from.remaining());
        const size_t moved = from.copy_in(std::span(piece).first(wanted));
        random_add_entropy(std::span(piece).first(moved));
        done += moved;
        if (moved < wanted)
            return transferred(done, true);
    }
    return done;
}

result<size_t> memory_device::read(io_buffer& to)
{
    switch (_kind) {
    case kind::null:
        return size_t{0};
    case kind::zero:
    case kind::full: {
        const size_t wanted = to.remaining(), done = to.clear_out(wanted);
        return transferred(done, done < wanted);
    }
    case kind::random:
    case kind::urandom:
        return fill_random(to);
    }
    return fail(errc::enxio);
}

result<size_t> memory_device::write(io_buffer& from)
{
    switch (_kind) {
    case kind::full:
        return fail(errc::enospc);
    case kind::random:
    case kind::urandom:
        return stir_random(from);
    default: {
        const size_t all = from.remaining();
        from.skip(all);
        return all;
    }
    }
}

result<u64> memory_device::control(u32, virt_addr)
{
    // Linux's random devices have calls of their own and answer unknown ones differently.
    return fail(_kind == kind::random || _kind == kind::urandom ? errc::einval : errc::enotty);
}

result<ref_ptr<mm::memory_object>> memory_device::memory_object()
{
    constexpr u64 everything = u64{1} << 47; // more than an address space holds
    if (_kind != kind::zero)
        return fail(errc::enodev);
    return tmpfs::create_shared_memory(everything);
}

result<ref_ptr<vfs::file>> open_memory_device(vfs::device_number number, const vfs::path& where, u32 flags)
{
    switch (const auto k = static_cast<kind>(number.minor)) {
    case kind::null:
    case kind::zero:
    case kind::full:
    case kind::random:
    case kind::urandom:
        return TRY(make_ref<memory_device>(where, flags, k));
    }
    return fail(errc::enxio);
}

constinit vfs::device_type memory_devices{.type = vfs::file_type::character,
                                          .major = 1,
                                          .first_minor = 0,
                                          .minor_count = 16,
                                          .open = open_memory_device};
} // namespace

void register_memory_devices()
{
    vfs::register_device(memory_devices);
}
} // namespace devfs
