#include "fs/pipe/fifo.hh"

#include "core/base/intrusive.hh"
#include "core/sync/mutex.hh"
#include "fs/pipe/pipe_file.hh"

namespace fs
{
namespace
{
/// The pipe of a FIFO that is open somewhere. Few FIFOs are open at a time: a list is enough.
struct open_fifo_entry {
    vfs::inode* node; // kept alive by the entry
    ref_ptr<pipe> content;
    open_fifo_entry* next;
};

constinit mutex fifos_lock{lock_rank::generic_mutex};
constinit open_fifo_entry* first_fifo GUARDED_BY(fifos_lock) = nullptr;

/// Forgets the entries whose pipe nobody else holds.
void drop_unused() REQUIRES(fifos_lock)
{
    for (auto** at = &first_fifo; *at;) {
        auto* entry = *at;
        if (entry->content->reference_count() > 1) {
            at = &entry->next;
            continue;
        }
        *at = entry->next;
        entry->node->release();
        delete entry;
    }
}

result<ref_ptr<pipe>> pipe_of(vfs::inode& node)
{
    lock_guard guard{fifos_lock};
    drop_unused();
    for (auto* entry = first_fifo; entry; entry = entry->next)
        if (entry->node == &node)
            return entry->content;
    auto made = TRY(pipe::create());
    auto* entry = new (std::nothrow) open_fifo_entry{&node, made, first_fifo};
    if (!entry)
        return fail(errc::enomem);
    node.add_ref();
    first_fifo = entry;
    return made;
}
} // namespace

result<ref_ptr<vfs::file>> open_fifo(const vfs::path& where, u32 flags)
{
    auto content = TRY(pipe_of(where.inode()));
    const u32 access = flags & vfs::open_flag::access_mode;
    const bool waits = !(flags & vfs::open_flag::nonblock);
    if (access == vfs::open_flag::write_only && !waits && !content->has_reader())
        return fail(errc::enxio);
    auto* const p = content.get();
    auto opened = TRY(make_ref<pipe_file>(where, std::move(content), flags));
    if (waits && access == vfs::open_flag::read_only)
        TRY(p->wait_for_writer());
    if (waits && access == vfs::open_flag::write_only)
        TRY(p->wait_for_reader());
    return opened;
}
} // namespace fs
