// Xen's console of a domain: the line that carries the four streams in frames, and lines of text between
// them.
//
// The ring lies in a page that both sides see. Interrupt context tells the channels; a panic writes by
// polling, without the lock if need be.
#pragma once

#include "core/base/result.hh"
#include "core/sync/spinlock.hh"
#include "drivers/serial/line.hh"
#include "drivers/xen/byte_ring.hh"

namespace xen
{
class console final : public serial::line
{
  public:
    console(console_page& page, u32 port) : _line(page), _port(port) {}

    result<size_t> try_read(std::span<std::byte> buffer) override;
    bool write_whole(std::span<const std::byte> bytes) override;
    size_t room() override;
    bool drained() override;

    void interrupt() { tell_listener(); }
    /// Waits for room, but not for ever; any context.
    void write_polled(std::string_view text);

  private:
    void notify();

    spinlock _lock{lock_rank::log}; // whoever holds what may have a line to write
    byte_line _line GUARDED_BY(_lock);
    const u32 _port;
};

/// The console as Kiln's four streams if `framed`, else for text alone. Thread context, once, after
/// events::start(). Errors: enodev (there is none), enomem, Xen's.
result<void> start_console(bool framed);
} // namespace xen
