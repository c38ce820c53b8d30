// Our side of a device that another domain serves: its place in the store and its agreement with the back
// end.
//
// Both sides say by a number in the store how far they are (abi.hh, bus_state); each watches the other's. The
// steps of a front end: find_back_end(), wait until it waits, share pages and write where they are,
// set_state(initialised or connected), wait until it is connected, read what it offers. A back end that
// closes calls the device's function, which fails whatever still comes.
//
// Source: Xen, docs/misc/xenstore-paths.pandoc, public/io/xenbus.h, public/io/blkif.h, public/io/netif.h.
#pragma once

#include "core/sync/wait_queue.hh"
#include "drivers/xen/abi.hh"
#include "drivers/xen/store.hh"

namespace xen
{
class front_end
{
  public:
    /// `kind` is "vbd" or "vif".
    front_end(store& s, std::string_view kind, u64 number);

    /// Finds out who serves the device, and watches its state. Thread context, as the others. Errors: enodev
    /// (it says nothing), the store's.
    result<void> find_back_end();
    domain_id back_end() const { return _back_end; }

    /// What the back end offers under this name, or `otherwise`.
    u64 offer(std::string_view name, u64 otherwise = 0);
    /// Of our own part.
    result<std::string_view> read(std::string_view name, std::span<char> to);
    result<void> write(std::string_view name, u64 value);
    result<void> write(std::string_view name, std::string_view text);

    result<void> set_state(bus_state s);
    /// Errors: enodev (it closed), etimedout.
    result<void> wait_for(bus_state wanted);

    /// `gone(argument)` is called in thread context when the back end closes; before it is connected.
    void set_end(void (*gone)(void*), void* argument)
    {
        _gone = gone;
        _argument = argument;
    }

  private:
    struct path {
        std::array<char, 160> text;
        size_t length;
        std::string_view view() const { return {text.data(), length}; }
    };
    path own(std::string_view name) const;
    path theirs(std::string_view name) const;
    static void look(void* self);

    store& _store;
    std::array<char, 32> _home;
    size_t _home_length;
    std::array<char, 96> _back_end_home;
    size_t _back_end_home_length = 0;
    domain_id _back_end = 0;
    std::atomic<bus_state> _back_end_state{bus_state::unknown};
    wait_queue _changed;
    void (*_gone)(void*) = nullptr;
    void* _argument = nullptr;
};
} // namespace xen
