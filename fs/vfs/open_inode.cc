// What opening an inode makes if its file system does not say otherwise.
#include "fs/pipe/fifo.hh"
#include "fs/vfs/device.hh"
#include "fs/vfs/directory_file.hh"
#include "fs/vfs/inode.hh"
#include "fs/vfs/regular_file.hh"

namespace vfs
{
result<ref_ptr<file>> inode::open(const path& where, u32 flags)
{
    switch (type()) {
    case file_type::regular:
        return TRY(make_ref<regular_file>(where, flags));
    case file_type::directory:
        return TRY(make_ref<directory_file>(where, flags));
    case file_type::fifo:
        return fs::open_fifo(where, flags);
    case file_type::character:
    case file_type::block: {
        attributes now;
        TRY(get_attributes(now));
        return open_device(type(), now.device, where, flags);
    }
    default:
        return fail(errc::enxio);
    }
}
} // namespace vfs
