// C++'s new and delete on the kernel heap. Only the forms that cannot throw exist: `new T` without
// (std::nothrow) does not link.
#include <new>

#include "core/mm/heap.hh"

void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
    return mm::allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept
{
    return mm::allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept
{
    return mm::allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept
{
    return mm::allocate(size, static_cast<std::size_t>(alignment));
}

void operator delete(void* p) noexcept
{
    mm::free(p);
}
void operator delete[](void* p) noexcept
{
    mm::free(p);
}
void operator delete(void* p, std::size_t) noexcept
{
    mm::free(p);
}
void operator delete[](void* p, std::size_t) noexcept
{
    mm::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept
{
    mm::free(p);
}
void operator delete[](void* p, std::align_val_t) noexcept
{
    mm::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept
{
    mm::free(p);
}
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept
{
    mm::free(p);
}
void operator delete(void* p, const std::nothrow_t&) noexcept
{
    mm::free(p);
}
void operator delete[](void* p, const std::nothrow_t&) noexcept
{
    mm::free(p);
}
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept
{
    mm::free(p);
}
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept
{
    mm::free(p);
}
