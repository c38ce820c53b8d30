#include "linux/events/poll_wait.hh"

namespace linux
{
waiter::reaction poll_wait::place::wake(waiter& w, u32 key)
{
    auto& self = static_cast<place&>(w);
    if (key & self.interest)
        self.owner->_thread.wake_directly();
    return reaction::passed_on; // stays in the queue: the thread may look and sleep again
}

poll_wait::place* poll_wait::next_place()
{
    if (_few_used < few)
        return &_few[_few_used++];
    if (!_chunks || _chunk_used == per_chunk) {
        auto fresh = try_make_unique<chunk>();
        if (!fresh)
            return nullptr;
        (*fresh)->previous = std::move(_chunks);
        _chunks = fresh.take();
        _chunk_used = 0;
    }
    return &_chunks->places[_chunk_used++];
}

void poll_wait::listen(wait_queue& queue)
{
    place* const p = next_place();
    if (!p) {
        _out_of_memory = true;
        return;
    }
    p->owner = this;
    p->queue = &queue;
    p->interest = _interest;
    queue.add(*p, false);
}

poll_wait::~poll_wait()
{
    for (size_t i = 0; i < _few_used; i++)
        _few[i].queue->remove(_few[i]);
    size_t used = _chunk_used;
    while (_chunks) {
        for (size_t i = 0; i < used; i++)
            _chunks->places[i].queue->remove(_chunks->places[i]);
        _chunks = std::move(_chunks->previous); // one after the other: no recursion in destructors
        used = per_chunk;
    }
}
} // namespace linux
