// The bound on what all of TCP's queues hold together (net/tcp/memory.hh).
#include "tests/unit/net/tcp_hosts.hh"

namespace net::testing
{
namespace
{
/// Many connections from the left to the right, whose queues may hold little.
struct crowd : connected_hosts {
    struct pair {
        socket_ref client, server;
        u64 written = 0, read = 0;
    };

    static constexpr tcp::memory::limits limits{192_KiB, 256_KiB, 384_KiB};

    explicit crowd(size_t count) : connected_hosts(1, {.bits_per_second = 1'000'000'000})
    {
        for (host* h : {&left, &right})
            h->stack->tcp().memory().set_limits(limits);
        listen(512);
        for (size_t i = 0; i < count; i++) {
            connect();
            pairs.push_back({std::move(client), std::move(server)});
        }
    }
    ~crowd()
    {
        for (pair& p : pairs) {
            p.client->close();
            p.server->close();
        }
        pairs.clear();
        finish();
        for (host* h : {&left, &right}) {
            EXPECT_EQ(h->stack->tcp().memory().used(), 0u);
            EXPECT_EQ(h->stack->tcp().memory().orphans(), 0u);
        }
    }

    static bool fill(net::socket& s, u64& written)
    {
        static const std::string piece(20000, 'x');
        const auto sent = write(s, piece);
        EXPECT_TRUE(sent || sent.error() == errc::eagain);
        written += sent ? *sent : 0;
        return sent.has_value();
    }

    u64 most_used(host& h) { return std::max(seen[&h == &right], h.stack->tcp().memory().used()); }
    void look()
    {
        for (host* h : {&left, &right})
            seen[h == &right] = most_used(*h);
    }

    std::vector<pair> pairs;
    u64 seen[2] = {};
};

/// A queue that holds something when the limit is reached may take one packet more.
constexpr u64 slack(size_t connections)
{
    return connections * (tcp::memory::least_send + 4096) + 256_KiB;
}
} // namespace

TEST(tcp_memory, readers_that_do_not_read_cost_no_more_than_the_limit)
{
    constexpr size_t count = 200;
    crowd many(count);
    for (int turn = 0; turn < 100; turn++) {
        for (auto& p : many.pairs) {
            crowd::fill(*p.client, p.written);
            crowd::fill(*p.server, p.read);
            many.look();
        }
        run_for(milliseconds(20));
        many.look();
    }
    // Without a bound it would be megabytes for each.
    EXPECT_LT(many.seen[0], crowd::limits.most + slack(count));
    EXPECT_LT(many.seen[1], crowd::limits.most + slack(count));
    EXPECT_TRUE(many.right.stack->tcp().memory().under_pressure());
    EXPECT_GT(many.right.stack->tcp().memory().pressures(), 0u);
}

TEST(tcp_memory, what_was_held_back_arrives_once_there_is_room)
{
    constexpr size_t count = 40;
    crowd many(count);
    for (int turn = 0; turn < 20; turn++) {
        for (auto& p : many.pairs)
            crowd::fill(*p.client, p.written);
        run_for(milliseconds(20));
    }
    EXPECT_GT(many.right.stack->tcp().memory().used(), crowd::limits.low);
    const instant end = timekeeping::now() + seconds(600);
    const auto all_read = [&] {
        bool all = true;
        for (auto& p : many.pairs) {
            while (const auto got = read(*p.server))
                p.read += got->size();
            all &= p.read == p.written;
        }
        return all;
    };
    while (!all_read())
        ASSERT_TRUE(step(end));
    EXPECT_FALSE(many.right.stack->tcp().memory().under_pressure());
    EXPECT_LT(many.right.stack->tcp().memory().used(), count * 1024);
}

TEST(tcp_memory, at_the_limit_every_connection_proceeds)
{
    crowd many(100);
    // All but the last are stuck.
    for (int turn = 0; turn < 50; turn++) {
        for (auto& p : std::span(many.pairs).first(99)) {
            crowd::fill(*p.client, p.written);
            crowd::fill(*p.server, p.read);
        }
        run_for(milliseconds(20));
    }
    auto& alive = many.pairs.back();
    u64 arrived = 0;
    const instant end = timekeeping::now() + seconds(300);
    while (arrived < 200'000) {
        crowd::fill(*alive.client, alive.written);
        while (const auto got = read(*alive.server))
            arrived += got->size();
        ASSERT_TRUE(step(end)) << arrived;
    }
}

TEST(tcp_memory, at_the_limit_what_was_closed_is_given_up)
{
    crowd many(100);
    for (int turn = 0; turn < 50; turn++) {
        for (auto& p : many.pairs)
            crowd::fill(*p.server, p.written);
        run_for(milliseconds(20));
    }
    ASSERT_TRUE(many.right.stack->tcp().memory().exhausted());
    for (auto& p : many.pairs)
        p.server->close();
    EXPECT_GT(many.right.stack->counters().tcp.abort_on_memory.value(), 0u);
    run_for(seconds(60));
    EXPECT_FALSE(many.right.stack->tcp().memory().exhausted());
}

TEST(tcp_memory, too_many_that_nobody_holds_are_reset)
{
    crowd many(150);
    ASSERT_GT(many.pairs.size(), crowd::limits.most / page_size);
    for (auto& p : many.pairs)
        p.server->close(); // the other sides do not: FIN_WAIT_2
    run_for(seconds(1));
    EXPECT_LE(many.right.stack->tcp().memory().orphans(), crowd::limits.most / page_size + 1);
    EXPECT_GT(many.right.stack->counters().tcp.abort_on_memory.value(), 0u);
}
} // namespace net::testing
