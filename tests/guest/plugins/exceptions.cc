// Exceptions between the program and a plugin in C++.
#include "../check.h"

#include <dlfcn.h>

#include <stdexcept>

namespace
{

TEST(plugins, exceptions)
{
    void* plugin = dlopen("libthrower.so", RTLD_NOW);
    REQUIRE(plugin);
    const auto throw_error = reinterpret_cast<void (*)(const char*)>(dlsym(plugin, "throw_error"));
    const auto call = reinterpret_cast<int (*)(void (*)())>(dlsym(plugin, "call_and_catch"));
    const auto alive = reinterpret_cast<int (*)()>(dlsym(plugin, "alive_here"));
    REQUIRE(throw_error && call && alive);
    try {
        throw_error("from the plugin");
        CHECK(false);
    } catch (const std::runtime_error& e) {
        CHECK_STR(e.what(), "from the plugin");
    }
    CHECK_EQ(call([] { throw std::logic_error("caught there"); }), 1);
    CHECK_EQ(call([] {}), 0);
    bool passed = false;
    try {
        call([] { throw 7; });
    } catch (int number) {
        passed = number == 7;
    }
    CHECK(passed);
    CHECK_EQ(alive(), 0);
}

} // namespace
