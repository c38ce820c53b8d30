// Setting the wall clock: who waits for a point of it waits shorter or longer, who waits a while does not.
#include "../check.h"
#include "../futex/futex.h"
#include "../support.h"

#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

// The clock is moved by less than a second and back: the machine may have other work.
enum { STEP_MS = 600, SOON_MS = 60, MS = 1000000 };

static void step_clock(int ms)
{
    struct timespec t = timespec_of(clock_ns(CLOCK_REALTIME) + ms * INT64_C(1000000));
    CHECK_OK(clock_settime(CLOCK_REALTIME, &t));
}

static void* step_soon(void* ms)
{
    sleep_ms(SOON_MS);
    step_clock((int)(intptr_t)ms);
    return NULL;
}

static struct timespec wall_in(int ms)
{
    return timespec_of(clock_ns(CLOCK_REALTIME) + ms * INT64_C(1000000));
}

// How long, in milliseconds of the monotonic clock, a wait until a point of the wall clock takes if another
// thread moves that by `step` meanwhile. The clock is put back.
static int64_t waiting(void (*wait)(struct timespec), int until, int step)
{
    struct timespec end = wall_in(until);
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    pthread_t other = start_thread(step_soon, (void*)(intptr_t)step);
    wait(end);
    int64_t length = (clock_ns(CLOCK_MONOTONIC) - start) / MS;
    pthread_join(other, NULL);
    step_clock(-step);
    return length;
}

static void sleeping(struct timespec end)
{
    CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &end, NULL), 0);
}

static void on_futex(struct timespec end)
{
    static int word;
    CHECK_ERR(futex(&word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME, 0, &end, NULL, -1),
              ETIMEDOUT);
}

static void on_semaphore(struct timespec end)
{
    sem_t semaphore;
    CHECK_OK(sem_init(&semaphore, 0, 0));
    CHECK_ERR(sem_timedwait(&semaphore, &end), ETIMEDOUT);
    CHECK_OK(sem_destroy(&semaphore));
}

static void on_timer(struct timespec end)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    struct itimerspec when = {.it_value = end};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    CHECK_OK(timer_create(CLOCK_REALTIME, &event, &timer));
    CHECK_OK(timer_settime(timer, TIMER_ABSTIME, &when, NULL));
    CHECK_EQ(sigwaitinfo(&set, NULL), SIGRTMIN);
    CHECK_OK(timer_delete(timer));
}

static void on_timerfd(struct timespec end)
{
    struct itimerspec when = {.it_value = end};
    uint64_t ticks = 0;
    int timer = CHECK_OK(timerfd_create(CLOCK_REALTIME, 0));
    CHECK_OK(timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL));
    CHECK_EQ(read(timer, &ticks, sizeof ticks), sizeof ticks);
    CHECK_EQ(ticks, 1);
    close(timer);
}

static void (*const waits[])(struct timespec) = {sleeping, on_futex, on_semaphore, on_timer, on_timerfd};
enum { WAITS = sizeof waits / sizeof *waits };

TEST_IF(TEST_SETS_CLOCK, time, set_forward_ends_waits)
{
    for (int i = 0; i < WAITS; i++)
        CHECK_RANGE(waiting(waits[i], STEP_MS, STEP_MS), SOON_MS - 10, STEP_MS - 50);
}

TEST_IF(TEST_SETS_CLOCK, time, set_back_prolongs_waits)
{
    for (int i = 0; i < WAITS; i++)
        CHECK_RANGE(waiting(waits[i], 2 * SOON_MS, -STEP_MS / 2), STEP_MS / 2 + 2 * SOON_MS - 10, 10000);
}

TEST_IF(TEST_SETS_CLOCK, time, set_leaves_intervals_alone)
{
    struct timespec while_ms = timespec_of(STEP_MS / 2 * INT64_C(1000000));
    struct itimerspec when = {.it_value = while_ms};
    uint64_t ticks = 0;
    int timer = CHECK_OK(timerfd_create(CLOCK_REALTIME, 0));
    CHECK_OK(timerfd_settime(timer, 0, &when, NULL));
    int64_t start = clock_ns(CLOCK_MONOTONIC);
    pthread_t other = start_thread(step_soon, (void*)(intptr_t)STEP_MS);
    CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, 0, &while_ms, NULL), 0);
    CHECK((clock_ns(CLOCK_MONOTONIC) - start) / MS >= STEP_MS / 2);
    CHECK_EQ(read(timer, &ticks, sizeof ticks), sizeof ticks);
    CHECK((clock_ns(CLOCK_MONOTONIC) - start) / MS >= STEP_MS / 2);
    pthread_join(other, NULL);
    step_clock(-STEP_MS);
    close(timer);
}

TEST_IF(TEST_SETS_CLOCK, time, set_leaves_relative_timer_alone)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    struct itimerspec when = {.it_value = {100, 0}}, now;
    CHECK_OK(timer_create(CLOCK_REALTIME, &event, &timer));
    CHECK_OK(timer_settime(timer, 0, &when, NULL));
    step_clock(STEP_MS);
    CHECK_OK(timer_gettime(timer, &now));
    CHECK_RANGE(now.it_value.tv_sec * 1000 + now.it_value.tv_nsec / MS, 100000 - STEP_MS + 100, 100000);
    when.it_value = wall_in(100000);
    CHECK_OK(timer_settime(timer, TIMER_ABSTIME, &when, NULL));
    step_clock(-STEP_MS);
    CHECK_OK(timer_gettime(timer, &now));
    CHECK_RANGE(now.it_value.tv_sec * 1000 + now.it_value.tv_nsec / MS, 100000 + STEP_MS - 300,
                100000 + STEP_MS);
    CHECK_OK(timer_delete(timer));
}

static int readable(int file)
{
    struct pollfd entry = {.fd = file, .events = POLLIN};
    return poll(&entry, 1, 0);
}

TEST_IF(TEST_SETS_CLOCK, time, timerfd_cancel_on_set)
{
    struct itimerspec when = {.it_value = wall_in(100000)};
    uint64_t ticks;
    int timer = CHECK_OK(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
    int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    CHECK_OK(timerfd_settime(timer, flags, &when, NULL));
    CHECK_EQ(readable(timer), 0);
    step_clock(STEP_MS);
    CHECK_EQ(readable(timer), 1);
    CHECK_ERR(read(timer, &ticks, sizeof ticks), ECANCELED);
    CHECK_EQ(readable(timer), 0);
    CHECK_ERR(read(timer, &ticks, sizeof ticks), EAGAIN);
    step_clock(-STEP_MS);
    CHECK_ERR(timerfd_settime(timer, flags, &when, NULL), ECANCELED); // not read: said here, and set
    CHECK_OK(timerfd_gettime(timer, &when));
    CHECK_RANGE(when.it_value.tv_sec, 90, 100);
    CHECK_ERR(read(timer, &ticks, sizeof ticks), EAGAIN);
    when.it_value = wall_in(100000);
    CHECK_OK(timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL)); // no longer wants to hear
    step_clock(1);
    CHECK_EQ(readable(timer), 0);
    step_clock(-1);
    close(timer);
}

static void* cancelled_read(void* timer)
{
    uint64_t ticks;
    CHECK_ERR(read(*(int*)timer, &ticks, sizeof ticks), ECANCELED);
    return NULL;
}

TEST_IF(TEST_SETS_CLOCK, time, timerfd_cancel_ends_read)
{
    struct itimerspec when = {.it_value = wall_in(100000)};
    int timer = CHECK_OK(timerfd_create(CLOCK_REALTIME, 0));
    CHECK_OK(timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL));
    pthread_t reader = start_thread(cancelled_read, &timer);
    let_it_block();
    struct timeval now;
    CHECK_OK(gettimeofday(&now, NULL));
    CHECK_OK(settimeofday(&now, NULL)); // the other call that sets it; a microsecond is lost
    pthread_join(reader, NULL);
    close(timer);
}
