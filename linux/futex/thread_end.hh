// What futexes learn of a thread's death: robust mutexes, PI futexes, the word that pthread_join waits for.
#pragma once

namespace linux
{
class task;

/// In the dying thread itself, while its memory is still there.
void release_futexes_of_dead_thread(task& dead);
} // namespace linux
