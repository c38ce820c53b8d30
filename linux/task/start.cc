// See start.hh.
#include "linux/task/start.hh"

#include "linux/files/descriptor_table.hh"
#include "linux/files/fs_context.hh"
#include "linux/signal/traps.hh"
#include "linux/task/task.hh"
#include "loader/dynamic/link.hh"

namespace linux
{
result<void> start_program(program_parts parts, std::string_view name, const start_point& where)
{
    install_trap_handler();
    auto owner = TRY(program::create(std::move(parts)));
    auto root = TRY(credentials::create_root());
    auto t = TRY(task::create(*owner, name, std::move(root), nullptr));
    // Unlike the kernel thread that creates it, it may run everywhere and with ordinary right.
    t->set_scheduling({});
    TRY(owner->add(*t));
    auto& frame = t->application_frame();
    frame.rip = where.entry.value;
    frame.rsp = where.stack_pointer.value;
    t->start();
    return {};
}
} // namespace linux
