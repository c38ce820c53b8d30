#include "net/tcp/shard.hh"

#include "net/tcp/connection.hh"
#include "net/tcp/ports.hh"

namespace net::tcp
{
shard::shard() : timer(&time_wait_over) {}

flow* shard::find_locked(const four_tuple& tuple, u32 hash)
{
    if (!_buckets)
        return nullptr;
    for (flow* f = _buckets[hash & _mask]; f; f = f->_next)
        if (f->_hash == hash && f->_tuple == tuple)
            return f;
    return nullptr;
}

/// Doubles the table. Without memory it stays as it is, unless there is none yet.
result<void> shard::grow_locked()
{
    const u32 size = _buckets ? (_mask + 1) * 2 : first_buckets;
    auto larger = try_make_unique<flow*[]>(size);
    if (!larger)
        return _buckets ? result<void>{} : fail(errc::enomem);
    for (u32 i = 0; _buckets && i <= _mask; i++)
        while (flow* f = _buckets[i]) {
            _buckets[i] = f->_next;
            flow*& head = larger.value()[f->_hash & (size - 1)];
            f->_next = head;
            head = f;
        }
    _buckets = larger.take();
    _mask = size - 1;
    return {};
}

result<void> shard::insert_locked(flow& f, u32 hash)
{
    if (find_locked(f._tuple, hash))
        return fail(errc::eaddrinuse);
    if (!_buckets || _count > _mask)
        TRY(grow_locked());
    f._hash = hash;
    f._next = _buckets[hash & _mask];
    _buckets[hash & _mask] = &f;
    f._in_table = true;
    _count++;
    return {};
}

flow** shard::place_of(const flow& f)
{
    flow** place = &_buckets[f._hash & _mask];
    while (*place != &f)
        place = &(*place)->_next;
    return place;
}

bool shard::remove_locked(flow& f)
{
    if (!f._in_table)
        return false;
    *place_of(f) = f._next;
    f._in_table = false;
    _count--;
    return true;
}

void shard::replace_locked(flow& f, flow& other)
{
    flow** const place = place_of(f);
    other._hash = f._hash;
    other._next = f._next;
    other._in_table = true;
    *place = &other;
    f._in_table = false;
}

void shard::start_time_wait_locked(time_wait& entry)
{
    if (entry._expires != instant{}) // it is in the queue already
        _time_wait.erase(_time_wait.iterator_to(entry));
    entry._expires = timekeeping::now() + time_wait::duration;
    const bool first = _time_wait.empty();
    _time_wait.push_back(entry);
    if (first && !armed())
        arm(entry._expires);
}

void shard::remove_time_wait_locked(time_wait& entry)
{
    remove_locked(entry);
    _time_wait.erase(_time_wait.iterator_to(entry));
}

void shard::time_wait_over(timekeeping::timer& t)
{
    auto& self = static_cast<shard&>(t);
    time_wait::queue ended;
    WITH_LOCK(self.lock)
    {
        const instant now = timekeeping::now();
        for (unsigned i = 0; i < entries_at_once && !self._time_wait.empty(); i++) {
            time_wait& oldest = self._time_wait.front();
            if (oldest._expires > now)
                break;
            self.remove_time_wait_locked(oldest);
            ended.push_back(oldest);
        }
        if (!self._time_wait.empty())
            self.arm(self._time_wait.front()._expires);
    }
    while (!ended.empty()) { // a port's list has a lock of the same rank
        time_wait& entry = ended.front();
        ended.pop_front();
        ports::leave(entry);
        delete &entry;
    }
}
} // namespace net::tcp
