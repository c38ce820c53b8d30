// One thread that waits for any of many files: the engine under poll and select.
//
//     poll_wait wait;
//     for each file: file.poll(interest, wait.registrar_for(interest))   // enters the file's queues
//     wait.sleep(...)                                                    // until one of them tells of such
//     an event for each file: file.poll(interest, nullptr)                        // look again
//
// The first few places in queues are on the stack, the rest comes from the heap. Not shared between threads;
// the files must outlive it.
#pragma once

#include <array>

#include "core/base/make_unique.hh"
#include "core/sync/wait_queue.hh"
#include "fs/vfs/file.hh"

namespace linux
{
class poll_wait final : public vfs::poll_registrar
{
  public:
    poll_wait() = default;
    ~poll_wait();
    poll_wait(const poll_wait&) = delete;
    poll_wait& operator=(const poll_wait&) = delete;

    /// For the next file: what its wake-ups must carry to count.
    poll_registrar* registrar_for(u32 interest)
    {
        _interest = interest | vfs::poll_event::error | vfs::poll_event::hang_up;
        return this;
    }
    /// Whether a place in a queue could not be had.
    bool out_of_memory() const { return _out_of_memory; }

    /// Before the files are looked at again: what happens from now on ends the next sleep.
    void rearm() { _thread.rearm(); }
    /// Errors: etimedout, eintr.
    result<void> sleep(const wait_options& options) { return _thread.sleep(options); }

  private:
    void listen(wait_queue& queue) override;

    struct place : public waiter {
        place() : waiter(wake) {}
        static reaction wake(waiter& w, u32 key);
        poll_wait* owner = nullptr;
        wait_queue* queue = nullptr;
        u32 interest = 0;
    };
    static constexpr size_t few = 6;
    static constexpr size_t per_chunk = 60;
    struct chunk {
        std::array<place, per_chunk> places;
        unique_ptr<chunk> previous;
    };
    place* next_place();

    sched::thread_waiter _thread;
    std::array<place, few> _few;
    size_t _few_used = 0;
    unique_ptr<chunk> _chunks; // the newest first; only that one has free places
    size_t _chunk_used = 0;
    u32 _interest = 0;
    bool _out_of_memory = false;
};
} // namespace linux
