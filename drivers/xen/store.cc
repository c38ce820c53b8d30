// See store.hh.
#include "drivers/xen/store.hh"

#include <charconv>
#include <optional>

#include "core/log.hh"

namespace xen
{
namespace
{
namespace message
{
constexpr u32 directory = 1, read = 2, watch = 4, write = 11, news = 15, error = 16;
}

constexpr auto patience = std::chrono::seconds(20);

struct known_error {
    std::string_view name;
    errc code;
};
constexpr known_error errors[] = {{"ENOENT", errc::enoent},
                                  {"EACCES", errc::eacces},
                                  {"EINVAL", errc::einval},
                                  {"EEXIST", errc::eexist},
                                  {"ENOSPC", errc::enospc}};

errc code_of(std::string_view text)
{
    for (const known_error& e : errors)
        if (text.starts_with(e.name))
            return e.code;
    return errc::eio;
}

std::optional<u64> parse_number(std::string_view text)
{
    u64 value = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (wrong != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

constexpr std::string_view terminator{"\0", 1};
} // namespace

result<void> store::give_up()
{
    if (!_broken)
        klog::line("xen: the store does not answer as it should; it is not used any more");
    _broken = true;
    return fail(errc::eio);
}

result<void> store::send(std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        // The two questions are asked under `_turn`, which clang cannot see.
        const auto room = [&]() NO_THREAD_SAFETY_ANALYSIS { return _line.broken() || _line.room() > 0; };
        if (!wait_until(_moved, room, {.deadline = _limit}) || _line.broken())
            return give_up();
        bytes = bytes.subspan(_line.write(bytes));
        _notify(_port);
    }
    return {};
}

result<void> store::receive(std::span<std::byte> bytes)
{
    while (!bytes.empty()) {
        const auto arrived = [&]() NO_THREAD_SAFETY_ANALYSIS {
            return _line.broken() || _line.available() > 0;
        };
        if (!wait_until(_moved, arrived, {.deadline = _limit}) || _line.broken())
            return give_up();
        bytes = bytes.subspan(_line.read(bytes));
        _notify(_port);
    }
    return {};
}

result<void> store::skip(u32 length)
{
    std::array<std::byte, 64> piece;
    for (; length > 0; length -= std::min<u32>(length, piece.size()))
        TRY(receive(std::span(piece).first(std::min<size_t>(length, piece.size()))));
    return {};
}

/// A path and a token, each with a zero byte behind it; the token is the watch's number.
result<void> store::receive_news(const header& h)
{
    std::array<char, 8> end{};
    const u32 kept = std::min<u32>(h.length, end.size());
    TRY(skip(h.length - kept));
    TRY(receive(std::as_writable_bytes(std::span(end).first(kept))));
    std::string_view text(end.data(), kept);
    if (!text.ends_with('\0'))
        return {};
    text.remove_suffix(1);
    text.remove_prefix(text.rfind('\0') + 1);
    if (const auto number = parse_number(text);
        number && *number < _watches.size() && _watches[*number].function)
        _watches[*number].news = true;
    interrupt(); // for the store's thread, if one who asks has read it
    return {};
}

/// The text lies in `to`.
result<std::string_view> store::ask(u32 type, std::initializer_list<std::string_view> parts,
                                    std::span<char> to)
{
    if (_broken)
        return fail(errc::eio);
    _limit = timekeeping::after(timekeeping::now(), patience);
    header h{.type = type, .request = ++_last_request, .transaction = 0, .length = 0};
    for (const std::string_view part : parts)
        h.length += static_cast<u32>(part.size());
    if (h.length > longest_text)
        return fail(errc::erange);
    TRY(send(std::as_bytes(std::span(&h, 1))));
    for (const std::string_view part : parts)
        TRY(send(std::as_bytes(std::span(part))));
    for (;;) {
        header answer{};
        TRY(receive(std::as_writable_bytes(std::span(&answer, 1))));
        if (answer.length > longest_text)
            return TRY(give_up()), fail(errc::eio);
        if (answer.type == message::news) {
            TRY(receive_news(answer));
            continue;
        }
        const u32 kept = std::min<u32>(answer.length, static_cast<u32>(to.size()));
        TRY(receive(std::as_writable_bytes(to.first(kept))));
        TRY(skip(answer.length - kept));
        if (answer.request != _last_request)
            continue; // of a request that was given up
        const std::string_view text(to.data(), kept);
        if (answer.type == message::error)
            return fail(code_of(text));
        if (answer.type != type)
            return TRY(give_up()), fail(errc::eio);
        if (kept < answer.length)
            return fail(errc::erange);
        return text;
    }
}

result<std::string_view> store::read(std::string_view path, std::span<char> to)
{
    lock_guard guard{_turn};
    return ask(message::read, {path, terminator}, to);
}

result<u64> store::read_number(std::string_view path)
{
    std::array<char, 24> text;
    if (const auto number = parse_number(TRY(read(path, text))))
        return *number;
    return fail(errc::einval);
}

result<std::string_view> store::list(std::string_view path, std::span<char> to)
{
    lock_guard guard{_turn};
    return ask(message::directory, {path, terminator}, to);
}

result<void> store::write(std::string_view path, std::string_view text)
{
    std::array<char, 16> said;
    lock_guard guard{_turn};
    TRY(ask(message::write, {path, terminator, text}, said));
    return {};
}

result<void> store::watch(std::string_view path, watcher w, void* argument)
{
    lock_guard guard{_turn};
    const auto free = std::find_if(_watches.begin(), _watches.end(), [](auto& e) { return !e.function; });
    if (free == _watches.end())
        return fail(errc::enospc);
    std::array<char, 4> token;
    const auto end = std::to_chars(token.begin(), token.end(), free - _watches.begin()).ptr;
    *free = {w, argument, false};
    std::array<char, 16> said;
    const auto begun = ask(message::watch, {path, terminator, {token.data(), end}, terminator}, said);
    if (!begun) {
        *free = {};
        return fail(begun.error());
    }
    return {};
}

/// What came in between requests.
void store::receive_all_news()
{
    _limit = timekeeping::after(timekeeping::now(), patience);
    while (!_broken && _line.available() > 0) {
        header h{};
        if (!receive(std::as_writable_bytes(std::span(&h, 1))))
            return;
        if (h.length > longest_text)
            (void)give_up();
        else if (h.type == message::news)
            (void)receive_news(h);
        else
            (void)skip(h.length);
    }
}

void store::call_watchers()
{
    WITH_LOCK(_turn)
    {
        receive_all_news();
    }
    for (size_t i = 0; i < most_watches; i++) {
        watch_entry entry;
        WITH_LOCK(_turn)
        {
            entry = _watches[i];
            _watches[i].news = false;
        }
        if (entry.news)
            entry.function(entry.argument);
    }
}

void store::run()
{
    for (;;) {
        (void)wait_until(_moved, [this] { return _work.exchange(false); });
        call_watchers();
    }
}
} // namespace xen
