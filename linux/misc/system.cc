// The system as a whole: names, memory, randomness.
#include "linux/misc/system.hh"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/mm/frames.hh"
#include "core/random.hh"
#include "core/time/clock.hh"
#include "linux/misc/calls.hh"
#include "linux/task/task.hh"
#include "net/settings.hh"
#include "net/stack.hh"

namespace linux
{
namespace
{
constexpr u32 grnd_nonblock = 1, grnd_random = 2, grnd_insecure = 4;
constexpr u32 personality_query = 0xffffffff;

template <size_t Size>
void fill(char (&field)[Size], std::string_view text)
{
    const size_t length = std::min(text.size(), Size - 1);
    memcpy(field, text.data(), length);
    field[length] = 0;
}
} // namespace

std::array<char, 65> node_name()
{
    auto name = net::the_stack().settings().get().host_name;
    if (name[0] == 0)
        std::string_view("kiln").copy(name.data(), name.size() - 1);
    return name;
}

result<void> sys_uname(user_ptr<utsname> out)
{
    utsname names{};
    fill(names.system, "Linux");
    fill(names.node, node_name().data());
    fill(names.release, kernel_release);
    fill(names.version, kernel_version);
    fill(names.machine, "x86_64");
    fill(names.domain, "(none)");
    return out.write(names);
}

// The machine's name is the network's affair.
result<void> sys_sethostname(user_ptr<const char>, int)
{
    return fail(errc::eperm);
}
result<void> sys_setdomainname(user_ptr<const char>, int)
{
    return fail(errc::eperm);
}

result<void> sys_sysinfo(user_ptr<sysinfo> out)
{
    const auto frames = mm::statistics();
    sysinfo info{};
    info.uptime = duration_cast<seconds>(timekeeping::now().time_since_epoch()).count();
    info.total_ram = frames.total * page_size;
    info.free_ram = frames.free * page_size;
    info.processes = static_cast<u16>(std::min<size_t>(current_program().thread_count(), 0xffff));
    info.unit = 1;
    return out.write(info);
}

result<u32> sys_personality(u32 wanted)
{
    auto& own = current_program().personality;
    return wanted == personality_query ? own.load() : own.exchange(wanted);
}

result<size_t> sys_getrandom(virt_addr buffer, size_t length, u32 flags)
{
    if (flags & ~(grnd_nonblock | grnd_random | grnd_insecure))
        return fail(errc::einval);
    if ((flags & (grnd_random | grnd_insecure)) == (grnd_random | grnd_insecure))
        return fail(errc::einval);
    constexpr size_t most = 0x7fffffff;
    length = std::min(length, most);
    std::array<std::byte, 256> piece;
    for (size_t done = 0; done < length;) {
        const size_t count = std::min(piece.size(), length - done);
        random_fill({piece.data(), count});
        const auto written = mm::copy_to_user(buffer + done, piece.data(), count);
        if (!written)
            return done ? result<size_t>(done) : fail(errc::efault);
        done += count;
        // As on Linux a long request may be cut short by a signal, a short one never.
        if (done >= 256 && done < length && current_task().has_deliverable_signal())
            return done;
    }
    return length;
}

result<int> sys_syslog(int, virt_addr, int)
{
    return fail(errc::eperm);
} // the log is the host's
} // namespace linux
