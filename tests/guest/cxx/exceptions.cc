// C++ at run time: exceptions through frames and threads, destructors, run-time types.
#include "../check.h"
#include "../support.h"

#include <cstdlib>
#include <exception>
#include <future>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace
{

int alive;

struct counted {
    counted() { __atomic_add_fetch(&alive, 1, __ATOMIC_RELAXED); }
    counted(const counted&) { __atomic_add_fetch(&alive, 1, __ATOMIC_RELAXED); }
    ~counted() { __atomic_sub_fetch(&alive, 1, __ATOMIC_RELAXED); }
};

[[noreturn]] void dive(int depth)
{
    counted here;
    if (depth == 0)
        throw std::runtime_error("bottom");
    dive(depth - 1);
}

TEST(cxx, exception_through_frames)
{
    alive = 0;
    for (int i = 0; i < 50; i++) {
        try {
            dive(20);
            CHECK(false);
        } catch (const std::exception& e) {
            CHECK_STR(e.what(), "bottom");
        }
        CHECK_EQ(alive, 0);
    }
}

TEST(cxx, exceptions_in_many_threads)
{
    std::vector<std::thread> threads;
    int caught = 0;
    alive = 0;
    for (int t = 0; t < 8; t++)
        threads.emplace_back([&] {
            for (int i = 0; i < 100; i++)
                try {
                    dive(i % 10);
                } catch (const std::runtime_error&) {
                    __atomic_add_fetch(&caught, 1, __ATOMIC_RELAXED);
                }
        });
    for (auto& t : threads)
        t.join();
    CHECK_EQ(caught, 800);
    CHECK_EQ(alive, 0);
}

TEST(cxx, exception_carried_between_threads)
{
    auto result = std::async(std::launch::async, []() -> int { throw std::out_of_range("far"); });
    bool caught = false;
    try {
        result.get();
    } catch (const std::out_of_range& e) {
        caught = std::string(e.what()) == "far";
    }
    CHECK(caught);
}

int compare_until_tired(const void* a, const void* b)
{
    counted here;
    if (*static_cast<const int*>(a) == 7 || *static_cast<const int*>(b) == 7)
        throw std::logic_error("seven");
    return *static_cast<const int*>(a) - *static_cast<const int*>(b);
}

TEST(cxx, exception_through_library_functions)
{
    int numbers[] = {5, 3, 9, 7, 1, 8};
    alive = 0;
    std::string sorted, found;
    try {
        std::qsort(numbers, std::size(numbers), sizeof numbers[0], compare_until_tired);
    } catch (const std::logic_error& e) {
        sorted = e.what();
    }
    const int seven = 7;
    try {
        (void)std::bsearch(&seven, numbers, std::size(numbers), sizeof numbers[0], compare_until_tired);
    } catch (const std::logic_error& e) {
        found = e.what();
    }
    CHECK_STR(sorted.c_str(), "seven");
    CHECK_STR(found.c_str(), "seven");
    CHECK_EQ(alive, 0);
}

struct base {
    virtual ~base() = default;
};
struct derived : base {
    int value = 3;
};

TEST(cxx, dynamic_types)
{
    std::unique_ptr<base> p = std::make_unique<derived>();
    CHECK(dynamic_cast<derived*>(p.get()) != nullptr);
    base plain;
    bool bad = false;
    try {
        (void)dynamic_cast<derived&>(plain);
    } catch (const std::bad_cast&) {
        bad = true;
    }
    CHECK(bad);
}

TEST(cxx, allocation_failure_is_thrown)
{
    bool thrown = false;
    try {
        volatile size_t huge = SIZE_MAX / 4;
        char* volatile p = new char[huge];
        delete[] p;
    } catch (const std::bad_alloc&) {
        thrown = true;
    }
    CHECK(thrown);
}

} // namespace
