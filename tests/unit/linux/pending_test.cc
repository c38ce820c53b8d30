// Queues of pending signals: one of each standard signal, realtime signals in order, faults first.
#include <gtest/gtest.h>

#include "linux/signal/pending.hh"
#include "linux/signal/program_signals.hh"

namespace
{
struct queue : testing::Test {
    std::atomic<size_t> charged{0};
    linux::pending_signals pending;

    void add(int signal, u64 value = 0)
    {
        auto* record = new linux::queued_signal;
        record->info.signal = signal;
        record->info.sender.value = value;
        record->charged_to = &charged;
        charged++;
        pending.add(signal, record);
    }
};

TEST_F(queue, takes_the_lowest_number_but_faults_first)
{
    add(linux::sigterm);
    add(linux::sighup);
    add(linux::sigsegv);
    EXPECT_EQ(pending.take(0)->signal, linux::sigsegv);
    EXPECT_EQ(pending.take(0)->signal, linux::sighup);
    EXPECT_EQ(pending.take(0)->signal, linux::sigterm);
    EXPECT_FALSE(pending.take(0));
    EXPECT_EQ(charged, 0u);
}

TEST_F(queue, realtime_signals_keep_their_order)
{
    for (u64 i = 0; i < 3; i++)
        add(40, i);
    add(36, 9);
    EXPECT_EQ(pending.take(0)->sender.value, 9u);
    for (u64 i = 0; i < 3; i++)
        EXPECT_EQ(pending.take(0)->sender.value, i);
    EXPECT_EQ(pending.set(), 0u);
}

TEST_F(queue, blocked_signals_stay)
{
    add(linux::sigusr1);
    EXPECT_FALSE(pending.take(linux::signal_bit(linux::sigusr1)));
    EXPECT_TRUE(pending.contains(linux::sigusr1));
}

TEST_F(queue, a_signal_without_record_counts)
{
    pending.add(linux::sigusr2, nullptr);
    const auto info = pending.take(0);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->signal, linux::sigusr2);
    EXPECT_EQ(info->code, linux::si_user);
}

TEST_F(queue, discard_frees)
{
    add(linux::sigstop);
    add(linux::sigtstp);
    add(linux::sigusr1);
    pending.discard(linux::stop_signals);
    EXPECT_EQ(charged, 1u);
    EXPECT_EQ(pending.set(), linux::signal_bit(linux::sigusr1));
}

TEST_F(queue, a_timer_keeps_its_record)
{
    linux::queued_signal record;
    record.info.signal = linux::sigalrm;
    record.info.timer.overrun = 3;
    pending.add(linux::sigalrm, &record);
    EXPECT_EQ(record.queue, &pending);
    EXPECT_EQ(pending.take(0)->timer.overrun, 3);
    EXPECT_EQ(record.queue, nullptr);
    EXPECT_EQ(record.delivered_overrun, 3);
    pending.add(linux::sigalrm, &record);
    pending.remove(record);
    EXPECT_EQ(pending.set(), 0u);
}

TEST(actions, defaults)
{
    EXPECT_EQ(linux::default_action_of(linux::sigsegv), linux::default_action::core);
    EXPECT_EQ(linux::default_action_of(linux::sigterm), linux::default_action::terminate);
    EXPECT_EQ(linux::default_action_of(linux::sigchld), linux::default_action::ignore);
    EXPECT_EQ(linux::default_action_of(50), linux::default_action::terminate);
    linux::program_signals signals;
    lock_guard guard{signals.lock};
    EXPECT_TRUE(signals.is_ignored(linux::sigurg));
    EXPECT_FALSE(signals.is_ignored(linux::sigterm));
}
} // namespace
