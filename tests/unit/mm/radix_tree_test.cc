#include "core/base/radix_tree.hh"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace
{
TEST(radix_tree, single_entry_needs_no_node)
{
    radix_tree<int> tree;
    int value = 1;
    ASSERT_TRUE(tree.insert(0, value));
    EXPECT_EQ(tree.find(0), &value);
    EXPECT_EQ(tree.find(1), nullptr);
    EXPECT_EQ(tree.insert(0, value).error(), errc::eexist);
    EXPECT_EQ(tree.erase(0), &value);
    EXPECT_TRUE(tree.empty());
}

TEST(radix_tree, extreme_indexes)
{
    radix_tree<int> tree;
    int low = 1, high = 2;
    ASSERT_TRUE(tree.insert(~u64{0}, high));
    ASSERT_TRUE(tree.insert(0, low));
    u64 found = 0;
    EXPECT_EQ(tree.next(1, &found), &high);
    EXPECT_EQ(found, ~u64{0});
    EXPECT_EQ(tree.erase(~u64{0}), &high);
    EXPECT_EQ(tree.next(1, &found), nullptr);
    EXPECT_EQ(tree.find(0), &low);
}

TEST(radix_tree, agrees_with_a_map)
{
    std::mt19937_64 random(1);
    radix_tree<int> tree;
    std::map<u64, int*> model;
    static int values[64];
    for (int i = 0; i < 100000; i++) {
        const u64 index = random() & ((u64{1} << (random() % 22)) - 1);
        int& value = values[random() % 64];
        switch (random() % 4) {
        case 0:
        case 1:
            EXPECT_EQ(tree.insert(index, value).has_value(), model.emplace(index, &value).second);
            break;
        case 2: {
            auto it = model.find(index);
            EXPECT_EQ(tree.erase(index), it == model.end() ? nullptr : it->second);
            if (it != model.end())
                model.erase(it);
            break;
        }
        case 3: {
            auto it = model.lower_bound(index);
            u64 found = 0;
            int* got = tree.next(index, &found);
            ASSERT_EQ(got, it == model.end() ? nullptr : it->second);
            if (got) {
                ASSERT_EQ(found, it->first);
            }
            break;
        }
        }
        ASSERT_EQ(tree.size(), model.size());
    }
    tree.clear();
    EXPECT_TRUE(tree.empty());
}
} // namespace
