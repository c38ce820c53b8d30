// dlopen(3) of the built-in C library: the calls that only it makes (docs/libc.md). To programs with another
// library they do not exist.
#include "linux/files/arguments.hh"
#include "linux/files/fs_context.hh"
#include "linux/misc/calls.hh"
#include "linux/task/task.hh"
#include "loader/dynamic/link.hh"

namespace linux
{
namespace
{
/// The sentence with its zero, cut to the buffer.
result<void> tell(const loader::explanation& why, const linker::startup::open_request& asked)
{
    const std::string_view text = why.text().substr(0, asked.message_size - 1);
    TRY(mm::copy_to_user(virt_addr(asked.message), text.data(), text.size()));
    return mm::clear_user(virt_addr(asked.message + text.size()), 1);
}
} // namespace

result<void> sys_kiln_open_library(user_ptr<const linker::startup::open_request> what,
                                   user_ptr<linker::startup::opened> out)
{
    linker::linked_program* const linked = current_program().linked();
    if (!linked)
        return fail(errc::enosys);
    const auto asked = TRY(what.read());
    path_name name;
    if (asked.name)
        TRY(name.read(user_string(asked.name)));
    loader::explanation why;
    const vfs::path base = current_program().fs().working_directory();
    const auto opened =
        linked->open({.name = name.view(), .base = base, .caller = asked.caller, .mode = asked.mode}, why);
    if (!opened) {
        if (asked.message_size)
            TRY(tell(why, asked));
        return fail(opened.error());
    }
    return out.write(*opened);
}

result<void> sys_kiln_undo_open()
{
    linker::linked_program* const linked = current_program().linked();
    if (!linked)
        return fail(errc::enosys);
    return linked->undo();
}
} // namespace linux
