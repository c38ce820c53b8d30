// The table itself, built from table.def at compile time; see table.hh.
#include "linux/syscall/table.hh"

#include "linux/syscall/adaptor.hh"
#include "linux/syscall/families.hh"
#include "linux/syscall/refusal.hh"
#include "linux/task/task.hh"

namespace linux
{
namespace
{
u64 refuse_call(const arch::trap_frame& frame)
{
    note_unserved_call(frame.error_code);
    return error_to_register(errc::enosys);
}

constexpr std::array<u8, table_size> arities = [] {
    std::array<u8, table_size> table{};
#define SYSCALL(number, name) table[number] = static_cast<u8>(adaptor<sys_##name>::arity);
#define UNSERVED(number, name)
#include "linux/syscall/table.def"
#undef SYSCALL
#undef UNSERVED
    return table;
}();

/// All names, each with a zero at its end; the first is empty.
constexpr char names[] = "\0"
#define SYSCALL(number, name) #name "\0"
#define UNSERVED(number, name) SYSCALL(number, name)
#include "linux/syscall/table.def"
#undef SYSCALL
#undef UNSERVED
    ;

/// Where in `names` a call's name begins.
constexpr std::array<u16, table_size> name_positions = [] {
    std::array<u16, table_size> table{};
    u16 position = 1;
#define SYSCALL(number, name)                                                                                \
    table[number] = position;                                                                                \
    position += sizeof #name;
#define UNSERVED(number, name) SYSCALL(number, name)
#include "linux/syscall/table.def"
#undef SYSCALL
#undef UNSERVED
    return table;
}();
} // namespace

u64 error_to_register(errc error)
{
    if (error >= errc::erestartsys)
        sched::current().request_attention();
    return static_cast<u64>(-static_cast<s64>(error));
}

std::string_view syscall_name(u64 number)
{
    return number < table_size ? &names[name_positions[number]] : std::string_view{};
}

bool is_served(u64 number)
{
    return number < table_size && linux_system_calls[number] != refuse_call;
}

unsigned syscall_arity(u64 number)
{
    return number < table_size ? arities[number] : 0;
}
} // namespace linux

constinit const decltype(linux_system_calls) linux_system_calls = [] {
    std::remove_const_t<decltype(linux_system_calls)> table{};
    table.fill(linux::refuse_call);
#define SYSCALL(number, name) table[number] = linux::adaptor<linux::sys_##name>::call;
#define UNSERVED(number, name)
#include "linux/syscall/table.def"
#undef SYSCALL
#undef UNSERVED
    return table;
}();
