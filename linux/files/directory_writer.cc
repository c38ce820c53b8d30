#include "linux/files/directory_writer.hh"

#include <cstring>

namespace linux
{
namespace
{
// What both formats begin with; in the new one the type and then the name follow, in the old one the name,
// and the type is the record's last byte.
struct record_head {
    u64 inode;
    u64 next;
    u16 length;
};
constexpr size_t head_size = 18; // without the padding
} // namespace

bool directory_writer::add(const vfs::directory_entry& entry)
{
    const size_t needed = align_up(head_size + 1 + entry.name.size() + 1, 8);
    if (needed > _buffer.size() - _used) {
        _refused = true;
        return false;
    }
    std::byte* const at = _buffer.data() + _used;
    std::memset(at, 0, needed);
    const record_head head{entry.inode_number, entry.next, static_cast<u16>(needed)};
    std::memcpy(at, &head, head_size);
    const auto type = static_cast<std::byte>(vfs::directory_entry_type(entry.type));
    const bool new_format = _format == format::entries_64;
    at[new_format ? head_size : needed - 1] = type;
    std::memcpy(at + head_size + (new_format ? 1 : 0), entry.name.data(), entry.name.size());
    _used += needed;
    return true;
}
} // namespace linux
