// The index behind epoll_watch.hh: chains of watches, spread over shards by the file's address.
#pragma once

#include "linux/events/epoll.hh"

namespace linux
{
class CAPABILITY("mutex") watch_shard
{
  public:
    static watch_shard& of(const vfs::file& file);

    void lock() ACQUIRE() { _lock.lock(); }
    void unlock() RELEASE() { _lock.unlock(); }

    void add(watch& w) REQUIRES(this)
    {
        w._next_in_shard = _first;
        _first = &w;
    }
    void remove(watch& w) REQUIRES(this)
    {
        for (watch** at = &_first; *at; at = &(*at)->_next_in_shard)
            if (*at == &w) {
                *at = w._next_in_shard;
                return;
            }
    }
    watch* find(const vfs::file& file) REQUIRES(this)
    {
        for (watch* w = _first; w; w = w->_next_in_shard)
            if (&w->_file == &file)
                return w;
        return nullptr;
    }
    static epoll_set& set_of(watch& w) { return w._set; }

  private:
    mutex _lock{lock_rank::epoll};
    watch* _first = nullptr;
};
} // namespace linux
