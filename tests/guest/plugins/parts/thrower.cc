// Exceptions out of a plugin and through it.
#include <stdexcept>
#include <string>

namespace
{
struct counter {
    counter() { alive++; }
    ~counter() { alive--; }
    static inline int alive;
};
} // namespace

extern "C" void throw_error(const char* text)
{
    counter here;
    throw std::runtime_error(text);
}

extern "C" int alive_here()
{
    return counter::alive;
}

// Lets some pass, catches others.
extern "C" int call_and_catch(void (*function)())
{
    counter here;
    try {
        function();
    } catch (const std::logic_error&) {
        return 1;
    }
    return 0;
}
