// See front_end.hh.
#include "drivers/xen/front_end.hh"

#include <charconv>

#include "core/log.hh"

namespace xen
{
namespace
{
constexpr auto patience = std::chrono::seconds(20);
}

front_end::front_end(store& s, std::string_view kind, u64 number) : _store(s)
{
    _home_length = klog::format(_home.data(), _home.size(), "device/{}/{}", kind, number);
}

front_end::path front_end::own(std::string_view name) const
{
    path p;
    p.length = klog::format(p.text.data(), p.text.size(), "{}/{}",
                            std::string_view(_home.data(), _home_length), name);
    return p;
}

front_end::path front_end::theirs(std::string_view name) const
{
    path p;
    p.length = klog::format(p.text.data(), p.text.size(), "{}/{}",
                            std::string_view(_back_end_home.data(), _back_end_home_length), name);
    return p;
}

result<void> front_end::find_back_end()
{
    _back_end_home_length = TRY(_store.read(own("backend").view(), _back_end_home)).size();
    _back_end = static_cast<domain_id>(TRY(_store.read_number(own("backend-id").view())));
    return _store.watch(theirs("state").view(), &front_end::look, this);
}

u64 front_end::offer(std::string_view name, u64 otherwise)
{
    return _store.read_number(theirs(name).view()).value_or(otherwise);
}

result<std::string_view> front_end::read(std::string_view name, std::span<char> to)
{
    return _store.read(own(name).view(), to);
}

result<void> front_end::write(std::string_view name, u64 value)
{
    std::array<char, 24> text;
    const auto end = std::to_chars(text.begin(), text.end(), value).ptr;
    return write(name, std::string_view(text.data(), end));
}

result<void> front_end::write(std::string_view name, std::string_view text)
{
    return _store.write(own(name).view(), text);
}

result<void> front_end::set_state(bus_state s)
{
    return write("state", static_cast<u64>(s));
}

/// The back end's state may have changed.
void front_end::look(void* self)
{
    auto& f = *static_cast<front_end*>(self);
    const auto now = static_cast<bus_state>(f.offer("state"));
    const bus_state before = f._back_end_state.exchange(now);
    f._changed.wake_all();
    const bool over = now == bus_state::closing || now == bus_state::closed || now == bus_state::unknown;
    if (before != now && before == bus_state::connected && over) {
        if (f._gone)
            f._gone(f._argument);
        (void)f.set_state(bus_state::closed);
    }
}

result<void> front_end::wait_for(bus_state wanted)
{
    const auto reached = [&] { return _back_end_state.load() >= wanted; };
    TRY(wait_until(_changed, reached, {.deadline = timekeeping::after(timekeeping::now(), patience)}));
    return _back_end_state.load() > bus_state::connected ? fail(errc::enodev) : result<void>{};
}
} // namespace xen
