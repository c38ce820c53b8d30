// result<T>, TRY and ref_ptr: what they carry, when they copy, when they destroy.
#include <gtest/gtest.h>

#include "core/base/make_unique.hh"
#include "core/base/ref_ptr.hh"
#include "core/base/result.hh"

namespace
{
struct counted : ref_counted<counted> {
    explicit counted(int* l) : live(l) { ++*live; }
    virtual ~counted() { --*live; }
    int* live;
};
struct derived final : counted {
    using counted::counted;
};

result<int> half(int n)
{
    if (n % 2)
        return fail(errc::einval);
    return n / 2;
}
result<int> quarter(int n)
{
    return TRY(half(TRY(half(n))));
}
result<void> check(int n)
{
    TRY(half(n));
    return {};
}

TEST(result, try_passes_values_and_errors)
{
    EXPECT_EQ(*quarter(12), 3);
    EXPECT_EQ(quarter(6).error(), errc::einval);
    EXPECT_TRUE(check(2));
    EXPECT_EQ(check(3).error(), errc::einval);
}

TEST(result, trivial_values_come_back_in_registers)
{
    EXPECT_EQ(sizeof(result<int>), 8u);
    EXPECT_EQ(sizeof(result<void*>), 16u);
    EXPECT_TRUE(std::is_trivially_copyable_v<result<int>>);
}

TEST(result, owns_what_it_carries)
{
    int live = 0;
    {
        result<ref_ptr<counted>> r = make_ref<derived>(&live);
        ASSERT_TRUE(r);
        EXPECT_EQ(live, 1);
        auto moved = std::move(r);
        EXPECT_EQ((*moved)->reference_count(), 1u);
    }
    EXPECT_EQ(live, 0);
}

// TRY empties what it is given, so a result with a name must be given away in so many words.
static_assert(detail::may_be_taken<result<int>&&>);
static_assert(!detail::may_be_taken<result<int>&>);
static_assert(!detail::may_be_taken<const result<int>&>);
static_assert(detail::may_be_taken<result<void>&>);

TEST(ref_ptr, shares_and_releases)
{
    int live = 0;
    ref_ptr<counted> a = make_ref<derived>(&live).take();
    ref_ptr<counted> b = a;
    EXPECT_EQ(a->reference_count(), 2u);
    a = nullptr;
    EXPECT_EQ(live, 1);
    b = nullptr;
    EXPECT_EQ(live, 0);
}

TEST(ref_ptr, a_dying_object_cannot_be_taken)
{
    int live = 0;
    auto a = make_ref<derived>(&live).take();
    EXPECT_TRUE(a->try_add_ref());
    a->release();
    EXPECT_EQ(a->reference_count(), 1u);
}
} // namespace
