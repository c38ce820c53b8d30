// Allocation of XSAVE areas and their way back into the CPU; see extended_state_buffer.hh.
#include "linux/signal/extended_state_buffer.hh"

#include <cstring>
#include <new>

#include "arch/thread_context.hh"
#include "core/mm/user_access.hh"
#include "linux/abi/signal.hh"
#include "linux/signal/frame.hh"

namespace linux
{
namespace
{
constexpr std::align_val_t alignment{64};
constexpr size_t magic2_size = 4;
constexpr size_t xsave_header_size = 64;
constexpr u64 legacy_features = 3; // x87, SSE

size_t buffer_size()
{
    return arch::extended_state_size() + magic2_size;
}

/// The signal frame of a program that made its own, without an XSAVE header: the first 512 bytes count.
void reduce_to_legacy(std::byte* area)
{
    memset(area + fxsave_size, 0, arch::extended_state_size() - fxsave_size);
    if (arch::extended_state_size() >= fxsave_size + xsave_header_size)
        memcpy(area + fxsave_size, &legacy_features, sizeof legacy_features);
}
} // namespace

result<extended_state_buffer> extended_state_buffer::create()
{
    auto* memory = static_cast<std::byte*>(operator new(buffer_size(), alignment, std::nothrow));
    if (!memory)
        return fail(errc::enomem);
    memset(memory, 0, buffer_size());
    return extended_state_buffer(memory);
}

extended_state_buffer::~extended_state_buffer()
{
    if (_memory)
        operator delete(_memory, alignment);
}

std::span<std::byte> extended_state_buffer::bytes()
{
    return {_memory, buffer_size()};
}

u64 extended_state_buffer::features() const
{
    return arch::extended_state_components();
}

bool load_extended_state(virt_addr from)
{
    if (from.value == 0) {
        arch::reset_extended_state();
        return true;
    }
    auto buffer = extended_state_buffer::create();
    if (!buffer)
        return false;
    const auto bytes = buffer->bytes();
    const size_t readable = mm::copy_from_user_partial(bytes.data(), from, bytes.size());
    if (readable < fxsave_size)
        return false;
    if (readable < bytes.size() || !is_marked_extended_state(bytes))
        reduce_to_legacy(bytes.data());
    return arch::restore_extended_state(buffer->area(), arch::extended_state_size());
}
} // namespace linux
