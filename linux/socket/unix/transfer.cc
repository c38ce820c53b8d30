// Sending and receiving through unix sockets; see endpoint.hh.
#include <algorithm>

#include "linux/files/context.hh"
#include "linux/socket/unix/credentials.hh"
#include "linux/socket/unix/endpoint.hh"

namespace linux
{
using namespace net;

namespace
{
/// A stream is cut into pieces of so many bytes: four pages with the message's head.
constexpr size_t largest_piece = 16_KiB - sizeof(unix_message);
constexpr size_t datagram_overhead = 32; // what Linux takes off the buffer for the largest datagram

/// What a program sends along.
struct companions {
    unique_ptr<passed_files> files;
    ucred who = sender_credentials();

    ~companions()
    {
        if (files)
            release(std::move(files));
    }
};

result<void> add_files(companions& out, std::span<const std::byte> data)
{
    std::array<int, scm_max_fd> descriptors;
    const size_t count = data.size() / sizeof(int);
    if (count > descriptors.size() || (out.files && count))
        return fail(errc::einval);
    if (count == 0)
        return {};
    std::memcpy(descriptors.data(), data.data(), count * sizeof(int));
    out.files = TRY(take_files(std::span(descriptors).first(count)));
    return {};
}

result<void> read_companions(companions& out, std::span<const std::byte> control)
{
    for (control_reader reader(control); reader.more();) {
        const auto message = TRY(reader.next());
        if (message.level != sol_socket)
            continue;
        switch (message.type) {
        case scm_rights:
            TRY(add_files(out, message.data));
            break;
        case scm_credentials:
            out.who = TRY(message.as<ucred>());
            if (!may_claim(out.who))
                return fail(errc::eperm);
            break;
        default:
            return fail(errc::einval);
        }
    }
    return {};
}

/// Installs what there is room for; the rest is released.
void give_files(incoming_message& message, unique_ptr<passed_files> files)
{
    control_writer& out = *message.control;
    std::array<int, scm_max_fd> numbers;
    const size_t room = std::min(out.room_for_data() / sizeof(int), files->count);
    const auto mode = message.flags & msg_cmsg_cloexec ? on_exec::close : on_exec::keep;
    size_t given = 0;
    while (given < room) {
        const auto number = descriptors().install(files->files[given], mode);
        if (!number)
            break;
        numbers[given++] = *number;
    }
    if (given > 0)
        out.put(sol_socket, scm_rights, std::as_bytes(std::span(numbers).first(given)));
    if (given < files->count)
        out.set_truncated();
    release(std::move(files));
}

/// Tells the program of a message's sender and companions. `files` are no longer in flight.
void give_companions(incoming_message& message, unix_message& from, unique_ptr<passed_files> files,
                     bool wants_credentials)
{
    if (message.from)
        if (const auto name = from.sender->name())
            *message.from = name->address();
    if (message.control && wants_credentials)
        message.control->put(sol_socket, scm_credentials, from.credentials);
    if (!files)
        return;
    if (message.control)
        return give_files(message, std::move(files));
    message.marks |= msg_ctrunc;
    release(std::move(files));
}
} // namespace

result<unique_ptr<unix_message>> unix_message::create(unix_endpoint& sender, size_t length)
{
    void* const memory = ::operator new(sizeof(unix_message) + length, std::nothrow);
    if (!memory)
        return fail(errc::enobufs);
    sender.charge(charge_of(length));
    return unique_ptr<unix_message>(::new (memory) unix_message(sender, length));
}

unix_message::unix_message(unix_endpoint& from, size_t bytes) : sender(from), length(bytes) {}

unix_message::~unix_message()
{
    if (files) {
        end_flight(*files);
        release(std::move(files));
    }
    sender->uncharge(charge_of(length));
}

void discard(unix_message::queue& messages)
{
    messages.clear_and_dispose([](unix_message* m) { delete m; });
}

/// Hands a message over to this socket's readers. Errors: epipe.
result<void> unix_endpoint::push(unique_ptr<unix_message> message)
{
    if (message->files)
        begin_flight(*message->files);
    WITH_LOCK(_lock)
    {
        if (!_closed && !(_shut.load(std::memory_order_relaxed) & no_reading)) {
            _received.push_back(*message.release());
        }
    }
    if (message)
        return fail(errc::epipe);
    _queue.wake_one(event::in | 0x040);
    return {};
}

result<size_t> unix_endpoint::send(outgoing_message& message)
{
    if (message.flags & msg_oob)
        return fail(errc::eopnotsupp);
    return type == sock_stream ? send_stream(message) : send_whole(message);
}

result<size_t> unix_endpoint::send_stream(outgoing_message& message)
{
    const auto now = _state.load(std::memory_order_relaxed);
    if (message.to && !message.to->empty())
        return fail(now == state::connected ? errc::eisconn : errc::eopnotsupp);
    unix_endpoint* const to = _stream_peer.load(std::memory_order_acquire);
    if (!to || now != state::connected)
        return fail(errc::enotconn);
    if (_shut.load(std::memory_order_relaxed) & no_writing)
        return fail(errc::epipe);
    companions along;
    TRY(read_companions(along, message.control));
    size_t done = 0;
    while (!message.data.empty()) {
        if (charged() >= send_buffer()) {
            if (done)
                return done;
            return fail(errc::eagain);
        }
        const size_t length =
            std::min({message.data.remaining(), largest_piece, static_cast<size_t>(send_buffer() / 2)});
        auto piece = unix_message::create(*this, length);
        if (!piece)
            return done ? result<size_t>(done) : fail(piece.error());
        if (message.data.copy_in((*piece)->bytes()) < length)
            return transferred(done, true);
        (*piece)->credentials = along.who;
        (*piece)->files = std::move(along.files);
        message.control = {};
        if (const auto sent = to->push(piece.take()); !sent)
            return done ? result<size_t>(done) : fail(sent.error());
        done += length;
    }
    return done;
}

/// Who a datagram is for.
result<ref_ptr<unix_endpoint>> unix_endpoint::target_of(const outgoing_message& message)
{
    if (keeps_connections() && _state.load(std::memory_order_relaxed) != state::connected)
        return fail(errc::enotconn);
    if (!message.to || message.to->empty() || keeps_connections()) {
        auto to = peer();
        if (!to)
            return fail(errc::enotconn);
        return to;
    }
    auto to = TRY(find_unix(*message.to, type));
    if (const auto other = to->peer(); other && other.get() != this)
        return fail(errc::eperm);
    return to;
}

/// A datagram, or a message of a seqpacket socket: all or nothing.
result<size_t> unix_endpoint::send_whole(outgoing_message& message)
{
    const auto to = TRY(target_of(message));
    const size_t length = message.data.remaining();
    if (length > send_buffer() - datagram_overhead)
        return fail(errc::emsgsize);
    if (_shut.load(std::memory_order_relaxed) & no_writing)
        return fail(errc::epipe);
    if (charged() >= send_buffer())
        return fail(errc::eagain);
    companions along;
    TRY(read_companions(along, message.control));
    auto whole = TRY(unix_message::create(*this, length));
    if (message.data.copy_in(whole->bytes()) < length)
        return fail(errc::efault);
    whole->credentials = along.who;
    whole->files = std::move(along.files);
    if (to->push(std::move(whole)))
        return length;
    if (keeps_connections() || !to->closed())
        return fail(errc::epipe);
    if (!message.to)
        (void)disconnect(); // who we were connected to is gone
    return fail(errc::econnrefused);
}

unix_message* unix_endpoint::first()
{
    lock_guard guard{_lock};
    return _received.empty() ? nullptr : &_received.front();
}

unix_message* unix_endpoint::after(unix_message& m)
{
    lock_guard guard{_lock};
    const auto next = std::next(_received.iterator_to(m));
    return next == _received.end() ? nullptr : &*next;
}

/// The queue's first has been read; only readers take messages off.
void unix_endpoint::drop_first()
{
    unique_ptr<unix_message> read;
    WITH_LOCK(_lock)
    {
        read.reset(&_received.front());
        _received.pop_front();
    }
}

unique_ptr<passed_files> unix_endpoint::take_passed(unix_message& m, u32 flags)
{
    if (!m.files)
        return nullptr;
    if (flags & msg_peek)
        return copy_files(*m.files).value_or(nullptr);
    unique_ptr<passed_files> files;
    WITH_LOCK(_lock)
    {
        files = std::move(m.files);
    }
    end_flight(*files);
    return files;
}

/// What a reader of an empty queue gets; errc{0}: the end of the stream.
errc unix_endpoint::nothing_to_read()
{
    if (const errc error = take_error(); error != errc{0})
        return error;
    if (_shut.load(std::memory_order_acquire) &
        no_reading) // pairs with set_no_more(), after the last message
        return first() ? errc::eagain : errc{0};
    return errc::eagain;
}

result<size_t> unix_endpoint::receive(incoming_message& message, bool wants_credentials)
{
    if (message.flags & (msg_oob | msg_errqueue))
        return fail(message.flags & msg_oob ? errc::eopnotsupp : errc::eagain);
    if (keeps_connections() && _state.load(std::memory_order_relaxed) != state::connected)
        return fail(type == sock_stream ? errc::einval : errc::enotconn);
    result<size_t> received = size_t{0};
    bool more;
    WITH_LOCK(_reading)
    {
        received = type == sock_stream ? receive_stream(message, wants_credentials)
                                       : receive_whole(message, wants_credentials);
        more = received && !_queue.empty() && first();
    }
    if (more)
        _queue.wake_one(event::in | 0x040); // there may be another reader waiting
    return received;
}

result<size_t> unix_endpoint::receive_stream(incoming_message& message, bool wants_credentials)
{
    const bool peek = message.flags & msg_peek;
    unix_message* m = first();
    if (!m) {
        const errc none = nothing_to_read();
        if (none != errc{0})
            return fail(none);
        return size_t{0};
    }
    const ucred who = m->credentials;
    size_t done = 0;
    while (m && !message.ends_here) {
        if (wants_credentials && done && std::memcmp(&who, &m->credentials, sizeof who) != 0)
            break; // bytes of two writers are not joined
        const auto left = m->left();
        const size_t length = std::min(left.size(), message.data.remaining());
        const size_t copied = message.data.copy_out(left.first(length));
        if (copied < length && copied == 0)
            return transferred(done, true);
        const bool first_piece = done == 0;
        done += copied;
        message.ends_here = m->files != nullptr;
        if (m->files || (first_piece && (message.from || (message.control && wants_credentials))))
            give_companions(message, *m, take_passed(*m, message.flags), wants_credentials && first_piece);
        if (peek) {
            m = message.data.empty() ? nullptr : after(*m);
            continue;
        }
        m->consumed += copied;
        if (m->consumed < m->length)
            break;
        drop_first();
        m = message.data.empty() ? nullptr : first();
    }
    return done;
}

result<size_t> unix_endpoint::receive_whole(incoming_message& message, bool wants_credentials)
{
    unix_message* const m = first();
    if (!m) {
        const errc none = nothing_to_read();
        if (none != errc{0})
            return fail(none);
        return size_t{0};
    }
    const size_t length = std::min(m->length, message.data.remaining());
    if (message.data.copy_out(m->bytes().first(length)) < length)
        return fail(errc::efault);
    if (length < m->length)
        message.marks |= msg_trunc;
    const size_t answer = message.flags & msg_trunc ? m->length : length;
    give_companions(message, *m, take_passed(*m, message.flags), wants_credentials);
    if (!(message.flags & msg_peek))
        drop_first();
    return answer;
}

u32 unix_endpoint::readable_bytes()
{
    lock_guard guard{_lock};
    size_t bytes = 0;
    for (const auto& m : _received) {
        bytes += m.length - m.consumed;
        if (type != sock_stream)
            break;
    }
    return static_cast<u32>(std::min<size_t>(bytes, 0x7fff'ffff));
}
} // namespace linux
