// Priority inheritance along chains, and against a model.
#include "linux/futex/inheritance.hh"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace
{
using linux::donation;
using linux::inheritance_lock;
using linux::inheritor;

struct party : inheritor {
    explicit party(u8 priority = 0) : own(priority) {}
    u8 own_priority() const override { return own; }
    void set_inherited(u8 priority) override
    {
        inherited = priority;
        changes++;
    }
    u8 effective() const { return std::max(own, inherited); }

    u8 own;
    u8 inherited = 0;
    unsigned changes = 0;
};

TEST(inheritance, goes_along_the_chain_and_back)
{
    party low(1), middle(5), high(9);
    donation middles(middle), highs(high);
    lock_guard guard{inheritance_lock};
    low.receive(middles);
    EXPECT_EQ(low.effective(), 5);
    middle.receive(highs);
    EXPECT_EQ(middle.effective(), 9);
    EXPECT_EQ(low.effective(), 9);
    inheritor::withdraw(highs);
    EXPECT_EQ(middle.effective(), 5);
    EXPECT_EQ(low.effective(), 5);
    inheritor::withdraw(middles);
    EXPECT_EQ(low.effective(), 1);
    EXPECT_EQ(low.inherited, 0);
    inheritor::withdraw(middles);
    EXPECT_EQ(low.changes, 4u); // 5, 9, 5, 0: told of changes only
}

TEST(inheritance, takes_the_most_urgent_of_several)
{
    party owner(2), heir(0), a(3), b(7), c(7);
    donation as(a), bs(b), cs(c);
    lock_guard guard{inheritance_lock};
    owner.receive(as);
    owner.receive(bs);
    owner.receive(cs);
    inheritor::withdraw(bs);
    EXPECT_EQ(owner.effective(), 7);
    heir.receive(cs); // handed on with the lock
    EXPECT_EQ(owner.effective(), 3);
    EXPECT_EQ(heir.effective(), 7);
    owner.refuse_all();
    EXPECT_FALSE(as.is_given());
    inheritor::withdraw(cs);
}

TEST(inheritance, follows_a_change_of_the_donor)
{
    party owner(0), donor(4);
    donation gift(donor);
    lock_guard guard{inheritance_lock};
    owner.receive(gift);
    donor.own = 8;
    donor.update();
    EXPECT_EQ(owner.effective(), 8);
    donor.own = 1;
    donor.update();
    EXPECT_EQ(owner.effective(), 1);
    inheritor::withdraw(gift);
}

TEST(inheritance, sees_rings)
{
    party a, b, c;
    donation as(a), bs(b);
    lock_guard guard{inheritance_lock};
    b.receive(as);
    c.receive(bs);
    EXPECT_TRUE(a.waits_for(c));
    EXPECT_FALSE(c.waits_for(a));
    EXPECT_TRUE(a.waits_for(a));
    inheritor::withdraw(as);
    EXPECT_FALSE(a.waits_for(c));
    inheritor::withdraw(bs);
}

// Random waits, hand-overs and changes of priority; the model follows the definition without any list.
TEST(inheritance, agrees_with_a_model)
{
    constexpr size_t count = 12;
    std::array<party, count> parties;
    std::vector<std::unique_ptr<donation>> gifts;
    for (auto& p : parties)
        gifts.push_back(std::make_unique<donation>(p));
    std::array<int, count> owner_of{};
    owner_of.fill(-1);
    std::mt19937 random(20261128);
    lock_guard guard{inheritance_lock};
    const auto expected = [&](auto& self, size_t who) -> u8 {
        u8 most = parties[who].own;
        for (size_t i = 0; i < count; i++)
            if (owner_of[i] == static_cast<int>(who))
                most = std::max(most, self(self, i));
        return most;
    };
    for (int step = 0; step < 20'000; step++) {
        const size_t who = random() % count, other = random() % count;
        switch (random() % 4) {
        case 0:
        case 1:
            if (!parties[other].waits_for(parties[who])) {
                parties[other].receive(*gifts[who]);
                owner_of[who] = static_cast<int>(other);
            }
            break;
        case 2:
            inheritor::withdraw(*gifts[who]);
            owner_of[who] = -1;
            break;
        case 3:
            parties[who].own = static_cast<u8>(random() % 100);
            parties[who].update();
            break;
        }
        for (size_t i = 0; i < count; i++)
            ASSERT_EQ(parties[i].effective(), expected(expected, i)) << "step " << step << ", party " << i;
    }
    for (auto& gift : gifts)
        inheritor::withdraw(*gift);
}
} // namespace
