// /proc/sys/fs/inotify: how much may be watched and remembered.
#include "linux/events/inotify.hh"
#include "linux/proc/generators.hh"

namespace proc
{
namespace
{
result<void> show(text& out, const std::atomic<u32>& limit)
{
    out.line("{}", limit.load());
    return {};
}

result<void> store(std::string_view written, std::atomic<u32>& limit)
{
    limit.store(static_cast<u32>(TRY(parse_setting(written, 0, 0x7fff'ffff))));
    return {};
}
} // namespace

using linux::the_inotify_limits;

result<void> inotify_queue_limit(text& out, const numbers&)
{
    return show(out, the_inotify_limits.queued_events);
}
result<void> set_inotify_queue_limit(std::string_view written, const numbers&)
{
    return store(written, the_inotify_limits.queued_events);
}
result<void> inotify_instance_limit(text& out, const numbers&)
{
    return show(out, the_inotify_limits.instances);
}
result<void> set_inotify_instance_limit(std::string_view written, const numbers&)
{
    return store(written, the_inotify_limits.instances);
}
result<void> inotify_watch_limit(text& out, const numbers&)
{
    return show(out, the_inotify_limits.watches);
}
result<void> set_inotify_watch_limit(std::string_view written, const numbers&)
{
    return store(written, the_inotify_limits.watches);
}
} // namespace proc
