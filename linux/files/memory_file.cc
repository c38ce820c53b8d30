#include "linux/files/memory_file.hh"

#include <algorithm>

#include "core/mm/io_buffer.hh"
#include "core/mm/memory_object.hh"
#include "core/sync/spinlock.hh"
#include "fs/tmpfs/tmpfs.hh"
#include "fs/vfs/regular_file.hh"
#include "linux/files/arguments.hh"
#include "linux/syscall/refusal.hh"

namespace linux
{
namespace
{
constexpr u32 all_seals = f_seal_seal | f_seal_shrink | f_seal_grow | f_seal_write | f_seal_future_write;
constexpr u32 write_seals = f_seal_write | f_seal_future_write;
constexpr size_t longest_name = 249;
constexpr u64 number_of_memfd_create = 319;

/// The open file of memfd_create: a tmpfs file that watches over its seals.
class memory_file final : public vfs::regular_file
{
  public:
    memory_file(const vfs::path& where, u32 seals)
        : regular_file(where, vfs::open_flag::read_write | vfs::open_flag::large_file), _seals(seals)
    {
        lock_guard guard{_list_lock};
        _next = _first;
        _first = this;
    }
    ~memory_file() override
    {
        lock_guard guard{_list_lock};
        for (memory_file** at = &_first; *at; at = &(*at)->_next)
            if (*at == this) {
                *at = _next;
                break;
            }
    }

    /// The file as one of these, or null. There are few, and who asks is rare.
    static memory_file* find(const vfs::file& f)
    {
        lock_guard guard{_list_lock};
        for (memory_file* at = _first; at; at = at->_next)
            if (at == &f)
                return at;
        return nullptr;
    }

    u32 seals() const { return _seals.load(std::memory_order_relaxed); }
    result<void> add_seals(u32 more)
    {
        if (seals() & f_seal_seal)
            return fail(errc::eperm);
        _seals.fetch_or(more, std::memory_order_relaxed);
        return {};
    }

    result<size_t> write(io_buffer& from) override
    {
        const u64 position =
            flags() & vfs::open_flag::append ? TRY(size_now()) : TRY(seek(0, vfs::seek_origin::current));
        TRY(check_write(position, from.remaining()));
        return regular_file::write(from);
    }
    result<size_t> write_at(u64 offset, io_buffer& from) override
    {
        TRY(check_write(offset, from.remaining()));
        return regular_file::write_at(offset, from);
    }
    result<void> truncate(u64 size) override
    {
        const u64 now = TRY(size_now());
        if ((size < now && seals() & f_seal_shrink) || (size > now && seals() & f_seal_grow))
            return fail(errc::eperm);
        return regular_file::truncate(size);
    }
    result<void> allocate(u32 mode, u64 offset, u64 length) override
    {
        if (mode & (vfs::allocate_flag::punch_hole | vfs::allocate_flag::zero_range) && seals() & write_seals)
            return fail(errc::eperm);
        if (seals() & f_seal_grow && offset + length > TRY(size_now()))
            return fail(errc::eperm);
        return regular_file::allocate(mode, offset, length);
    }
    result<size_t> describe(std::span<char> buffer) const override
    {
        const auto pages = TRY(inode().memory_object());
        return pages->describe(buffer.data(), buffer.size());
    }

  private:
    result<u64> size_now()
    {
        vfs::attributes a;
        TRY(get_attributes(a));
        return a.size;
    }
    result<void> check_write(u64 offset, size_t bytes)
    {
        if (seals() & write_seals)
            return fail(errc::eperm);
        if (seals() & f_seal_grow && offset + bytes > TRY(size_now()))
            return fail(errc::eperm);
        return {};
    }

    std::atomic<u32> _seals;
    memory_file* _next = nullptr; // _list_lock

    static constinit inline spinlock _list_lock{lock_rank::descriptor_table};
    static constinit inline memory_file* _first = nullptr;
};
} // namespace

result<s64> seals(vfs::file& file, u32 command, u64 argument)
{
    memory_file* const memory = memory_file::find(file);
    if (!memory)
        return fail(errc::einval);
    if (command == f_get_seals)
        return s64{memory->seals()};
    if (argument & ~u64{all_seals})
        return fail(errc::einval);
    if (!file.may_write())
        return fail(errc::eperm);
    TRY(memory->add_seals(static_cast<u32>(argument)));
    return s64{0};
}

result<int> sys_memfd_create(user_string name, u32 flags)
{
    if (flags & ~(mfd_cloexec | mfd_allow_sealing | mfd_hugetlb))
        return fail(errc::einval);
    if (flags & mfd_hugetlb) {
        note_refused(number_of_memfd_create, "memfd_create: there are no reserved huge pages", flags);
        return fail(errc::enomem);
    }
    std::array<char, longest_name + 1> text;
    const auto length = mm::read_user_string(name.address(), text.data(), text.size());
    if (!length)
        return fail(length.error() == errc::enametoolong ? errc::einval : length.error());
    const auto unnamed = TRY(tmpfs::create_memory_file({text.data(), *length}));
    auto file = TRY(make_ref<memory_file>(unnamed->where(), flags & mfd_allow_sealing ? 0 : f_seal_seal));
    return descriptors().install(std::move(file), flags & mfd_cloexec ? on_exec::close : on_exec::keep);
}
} // namespace linux
