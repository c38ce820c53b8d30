// Memory that several mappings can show and no file backs: MAP_SHARED|MAP_ANONYMOUS, memfd, System V
// segments.
#pragma once

#include "core/base/radix_tree.hh"
#include "core/base/ref_ptr.hh"
#include "core/mm/memory_object.hh"
#include "core/sync/mutex.hh"

namespace mm
{
/// An object of `size` bytes of zeros; pages come into being when they are touched. Errors: enomem.
result<ref_ptr<memory_object>> create_shared_memory(u64 size);
} // namespace mm
