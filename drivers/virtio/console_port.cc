// Buffers to and from the host; see console_port.hh.
#include "drivers/virtio/console_port.hh"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/mm/layout.hh"
#include "drivers/virtio/console.hh"

namespace virtio
{
namespace
{
constexpr size_t smallest_buffer = 4_KiB;
constexpr size_t largest_buffer = 32_KiB;
constexpr unsigned first_input_buffers = 2;
} // namespace

console_port::buffer_memory console_port::buffer_memory::make(size_t size)
{
    auto bytes = try_make_unique<std::byte[]>(size);
    return bytes ? buffer_memory{std::move(*bytes), static_cast<u32>(size)} : buffer_memory{};
}

console_port::console_port(console& owner, u32 number, unique_ptr<virtqueue> in, unique_ptr<virtqueue> out,
                           unique_ptr<std::byte[]> spare)
    : _console(owner), _number(number), _in(std::move(in)), _out(std::move(out))
{
    _out_buffers[0].memory = {std::move(spare), spare_size};
    _in->disable_interrupts();
    _out->disable_interrupts();
}

console_port::buffer* console_port::find_unmade(buffers& all)
{
    const auto found = std::find_if(all.begin(), all.end(), [](const buffer& b) { return !b.memory; });
    return found != all.end() ? found : nullptr;
}

/// Gives a buffer to the device to be filled.
void console_port::post_locked(buffer& b)
{
    const segment room[] = {{mm::to_physical(b.memory.bytes.get()), b.memory.size}};
    b.busy = _in->add({}, room, &b).has_value();
    if (b.busy && _in->publish())
        _console.notify_port(in_queue(_number));
}

/// Asks for more input by `memory`, unless there are buffers enough.
void console_port::grow_input_locked(buffer_memory memory)
{
    buffer* const b = find_unmade(_in_buffers);
    if (!b)
        return;
    b->memory = std::move(memory);
    post_locked(*b);
}

/// The first input buffers, when somebody wants input at all. Errors: enomem, when not even one can be had.
result<void> console_port::prepare_input()
{
    if (_input_prepared.load(std::memory_order_relaxed)) [[likely]]
        return {};
    for (unsigned i = 0; i < first_input_buffers; i++) {
        auto memory = buffer_memory::make(smallest_buffer);
        if (!memory)
            break;
        lock_guard guard{_lock};
        grow_input_locked(std::move(memory));
        _input_prepared.store(true, std::memory_order_relaxed);
    }
    return _input_prepared.load(std::memory_order_relaxed) ? result<void>{} : fail(errc::enomem);
}

/// Makes the next filled buffer current. False: there is none.
bool console_port::next_input_locked()
{
    if (const auto done = _in->take()) {
        _current = static_cast<buffer*>(done->token);
        _current->length = done->written;
        _position = 0;
        return true;
    }
    return false;
}

/// The same, for who would wait: an interrupt is armed before it says no.
bool console_port::find_input_locked()
{
    return _current || next_input_locked() || (_in->enable_interrupts() && next_input_locked());
}

result<size_t> console_port::try_read(std::span<std::byte> to)
{
    if (to.empty())
        return size_t{0};
    TRY(prepare_input());
    lock_guard guard{_lock};
    if (!find_input_locked()) {
        if (_in->broken())
            return fail(errc::eio);
        if (_host == host_state::closed)
            return size_t{0};
        return fail(errc::eagain);
    }
    const size_t count = std::min<size_t>(to.size(), _current->length - _position);
    std::memcpy(to.data(), _current->memory.bytes.get() + _position, count);
    _position += static_cast<u32>(count);
    if (_position == _current->length) {
        if (_current->length == _current->memory.size && find_unmade(_in_buffers))
            if (auto more = buffer_memory::make(largest_buffer)) // the host has more than the buffers hold
                grow_input_locked(std::move(more));
        post_locked(*_current);
        _current = nullptr;
    }
    if (count == 0)
        return fail(errc::eagain); // an empty buffer says nothing
    return count;
}

bool console_port::readable()
{
    if (!prepare_input())
        return true; // reading says why there will be nothing
    lock_guard guard{_lock};
    return find_input_locked() || _in->broken() || _host == host_state::closed;
}

void console_port::reclaim_output_locked()
{
    while (const auto done = _out->take())
        static_cast<buffer*>(done->token)->busy = false;
}

/// The largest output buffer that the device does not have; null: there is none.
console_port::buffer* console_port::find_output_locked()
{
    buffer* best = nullptr;
    for (buffer& b : _out_buffers)
        if (b.memory && !b.busy && (!best || b.memory.size > best->memory.size))
            best = &b;
    return best;
}

result<size_t> console_port::send_locked(buffer& b, std::span<const std::byte> bytes)
{
    const size_t count = std::min<size_t>(bytes.size(), b.memory.size);
    std::memcpy(b.memory.bytes.get(), bytes.data(), count);
    const segment data[] = {{mm::to_physical(b.memory.bytes.get()), static_cast<u32>(count)}};
    TRY(_out->add(data, {}, &b));
    b.busy = true;
    if (_out->publish())
        _console.notify_port(out_queue(_number));
    return count;
}

result<size_t> console_port::try_write(std::span<const std::byte> bytes)
{
    if (bytes.empty())
        return size_t{0};
    const size_t wanted = std::min(bytes.size(), largest_buffer);
    buffer_memory fresh;
    for (bool asked = false;; asked = true) {
        WITH_LOCK(_lock)
        {
            if (_out->broken())
                return fail(errc::eio);
            if (_host == host_state::closed)
                return fail(errc::epipe);
            if (!has_room_locked())
                return fail(errc::eagain);
            buffer* const unmade = find_unmade(_out_buffers);
            if (unmade && fresh)
                unmade->memory = std::move(fresh);
            buffer* const b = find_output_locked();
            if (b && (b->memory.size >= wanted || !unmade || asked))
                return send_locked(*b, bytes);
            if (asked || !unmade)
                return fail(errc::eagain); // all are with the device
        }
        fresh = buffer_memory::make(
            std::max(std::bit_ceil(wanted), smallest_buffer)); // perhaps there is no memory
    }
}

/// Whether a write would find a buffer; before it says no, an interrupt is armed.
bool console_port::has_room_locked()
{
    if (_host != host_state::open)
        return false; // the host would throw it away
    reclaim_output_locked();
    if (_out->free_descriptors() > 0)
        return true;
    if (!_out->enable_interrupts())
        return false;
    reclaim_output_locked();
    return _out->free_descriptors() > 0;
}

bool console_port::writable()
{
    lock_guard guard{_lock};
    return has_room_locked() || _out->broken() || _host == host_state::closed;
}

bool console_port::drained()
{
    lock_guard guard{_lock};
    reclaim_output_locked();
    if (_out->in_flight() > 0 && _out->enable_interrupts())
        reclaim_output_locked();
    return _out->in_flight() == 0 || _out->broken();
}

void console_port::set_name(std::string_view name)
{
    const size_t length = std::min(name.size(), _name.size());
    std::copy_n(name.begin(), length, _name.begin());
    _name_length.store(length, std::memory_order_release); // the name's bytes are there for who sees it
}

void console_port::set_host_open(bool open)
{
    WITH_LOCK(_lock)
    {
        if (open)
            _host = host_state::open;
        else if (_host == host_state::open)
            _host = host_state::closed;
    }
    read_queue().wake_all();
    write_queue().wake_all();
}

void console_port::interrupt()
{
    bool input = false;
    bool output = false;
    WITH_LOCK(_lock)
    {
        input = _in->has_completions();
        if (input)
            _in->disable_interrupts(); // until somebody waits again
        output = _out->has_completions();
        if (output)
            _out->disable_interrupts();
    }
    if (input)
        read_queue().wake_all();
    if (output)
        write_queue().wake_all();
}
} // namespace virtio
