#include "linux/files/lock_calls.hh"

#include "linux/files/arguments.hh"
#include "linux/files/file_end.hh"
#include "linux/syscall/restart.hh"

namespace linux
{
namespace
{
constexpr bool is_of_file(u32 command)
{
    return command == f_ofd_getlk || command == f_ofd_setlk || command == f_ofd_setlkw;
}

file_locks::owner owner_of(vfs::file& file, u32 command)
{
    if (is_of_file(command))
        return {&file, true};
    return {&current_program(), false};
}

/// The absolute range that a struct flock means; a negative length counts backwards.
result<void> set_range(vfs::file& file, const flock& from, file_locks::request& out)
{
    s64 base = 0;
    if (from.whence == seek_cur)
        base = static_cast<s64>(TRY(file.seek(0, vfs::seek_origin::current)));
    else if (from.whence == seek_end) {
        vfs::attributes attributes;
        TRY(file.get_attributes(attributes));
        base = static_cast<s64>(attributes.size);
    } else if (from.whence != seek_set)
        return fail(errc::einval);

    s64 start;
    if (__builtin_add_overflow(base, from.start, &start))
        return fail(errc::eoverflow);
    s64 end = start;
    if (__builtin_add_overflow(start, from.length, &end))
        return fail(errc::eoverflow);
    if (from.length < 0)
        std::swap(start, end);
    if (start < 0)
        return fail(errc::einval);
    out.start = static_cast<u64>(start);
    out.end = from.length == 0 ? ~u64{0} : static_cast<u64>(end);
    return {};
}

result<s64> tell_conflict(const file_locks::request& wanted, flock answer, user_ptr<flock> argument)
{
    const auto found = file_locks::find_conflict(wanted);
    if (!found) {
        answer.type = f_unlck;
    } else {
        answer.type = found->how == file_locks::mode::exclusive ? f_wrlck : f_rdlck;
        answer.whence = seek_set;
        answer.start = static_cast<s64>(found->start);
        answer.length = found->end == ~u64{0} ? 0 : static_cast<s64>(found->end - found->start);
        answer.pid = found->is_file_owned ? -1 : current_program().pid();
    }
    TRY(argument.write(answer));
    return s64{0};
}
} // namespace

result<s64> range_lock(vfs::file& file, u32 command, user_ptr<flock> argument)
{
    const flock from = TRY(argument.read());
    if (from.type != f_rdlck && from.type != f_wrlck && from.type != f_unlck)
        return fail(errc::einval);
    if (is_of_file(command) && from.pid != 0)
        return fail(errc::einval);
    file_locks::request wanted{.inode = &file.inode(),
                               .kind = file_locks::family::range,
                               .by = owner_of(file, command),
                               .how = from.type == f_wrlck ? file_locks::mode::exclusive
                                                           : file_locks::mode::shared};
    TRY(set_range(file, from, wanted));

    if (command == f_getlk || command == f_ofd_getlk) {
        if (from.type == f_unlck)
            return fail(errc::einval);
        return tell_conflict(wanted, from, argument);
    }
    if (from.type == f_unlck) {
        TRY(file_locks::release(wanted));
        return s64{0};
    }
    if (from.type == f_rdlck ? !file.may_read() : !file.may_write())
        return fail(errc::ebadf);
    if (is_of_file(command))
        note_end_matters(file);
    const auto wait =
        command == f_setlkw || command == f_ofd_setlkw ? file_locks::waiting::yes : file_locks::waiting::no;
    const auto got = file_locks::acquire(wanted, wait);
    if (!got)
        return fail(restartable(got.error()));
    return s64{0};
}

result<void> sys_flock(int descriptor, u32 operation)
{
    const auto file = TRY(descriptors().use(descriptor));
    file_locks::request wanted{.inode = &file->inode(),
                               .kind = file_locks::family::whole_file,
                               .by = {file.get(), true},
                               .how = file_locks::mode::shared};
    switch (operation & ~lock_nb) {
    case lock_sh:
        break;
    case lock_ex:
        wanted.how = file_locks::mode::exclusive;
        break;
    case lock_un:
        return file_locks::release(wanted);
    default:
        return fail(errc::einval);
    }
    note_end_matters(*file);
    return restartable(file_locks::acquire(wanted, operation & lock_nb ? file_locks::waiting::no
                                                                       : file_locks::waiting::yes));
}

void release_program_locks(vfs::file& file)
{
    file_locks::release_all({&current_program(), false}, &file.inode());
}

void release_file_locks(vfs::file& file)
{
    file_locks::release_all({&file, true}, &file.inode());
}
} // namespace linux
