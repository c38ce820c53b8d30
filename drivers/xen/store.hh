// The store: a tree of names and short texts through which domains find each other's devices.
//
// One request is under way at a time: who asks keeps `_turn` while it waits, and reads answers off the ring
// until its own comes. News of watched paths come in between: they mark their watcher, whose function a
// thread of the store's then calls. Names without a leading slash lie in this domain's own part.
//
// Source: Xen, docs/misc/xenstore.txt, public/io/xs_wire.h.
#pragma once

#include <array>

#include "core/base/make_unique.hh"
#include "core/sync/mutex.hh"
#include "core/sync/wait_queue.hh"
#include "drivers/xen/byte_ring.hh"

namespace xen
{
class store
{
  public:
    /// Thread context, may sleep, may ask the store.
    using watcher = void (*)(void* argument);
    static constexpr size_t longest_text = 4096;

    store(store_page& page, void (*notify)(u32 port), u32 port) : _line(page), _notify(notify), _port(port) {}

    /// A text, in `to`. Thread context, as the others. Errors: enoent, eacces, erange (too long), eio (the
    /// store breaks its rules), etimedout.
    result<std::string_view> read(std::string_view path, std::span<char> to);
    /// As read(), as a decimal number. Errors: also einval.
    result<u64> read_number(std::string_view path);
    /// The names in a folder, with a zero byte behind each.
    result<std::string_view> list(std::string_view path, std::span<char> to);
    result<void> write(std::string_view path, std::string_view text);
    /// Calls w(argument) soon, and again whenever something at or below the path has changed. Errors: also
    /// enospc (too many).
    result<void> watch(std::string_view path, watcher w, void* argument);

    void interrupt()
    {
        _work.store(true);
        _moved.wake_all();
    }
    /// Hears of news and calls the watchers; never returns.
    void run();
    /// One round of it: news that are there, and those they are for.
    void call_watchers();

  private:
    static constexpr size_t most_watches = 32;

    struct header {
        u32 type, request, transaction, length;
    };
    struct watch_entry {
        watcher function = nullptr;
        void* argument = nullptr;
        bool news = false;
    };

    result<std::string_view> ask(u32 type, std::initializer_list<std::string_view> parts, std::span<char> to)
        REQUIRES(_turn);
    result<void> send(std::span<const std::byte> bytes) REQUIRES(_turn);
    result<void> receive(std::span<std::byte> bytes) REQUIRES(_turn);
    result<void> receive_news(const header& h) REQUIRES(_turn);
    void receive_all_news() REQUIRES(_turn);
    result<void> skip(u32 length) REQUIRES(_turn);
    result<void> give_up() REQUIRES(_turn);

    mutex _turn{lock_rank::generic_mutex};
    byte_line _line GUARDED_BY(_turn);
    bool _broken GUARDED_BY(_turn) = false;
    instant _limit GUARDED_BY(_turn); // of the request that is under way, or of news
    u32 _last_request GUARDED_BY(_turn) = 0;
    std::array<watch_entry, most_watches> _watches GUARDED_BY(_turn);
    wait_queue _moved;
    std::atomic<bool> _work{false}; // for run(): something may have come
    void (*const _notify)(u32 port);
    const u32 _port;
};
} // namespace xen
