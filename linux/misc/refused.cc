// Calls that exist to say no in the way that programs expect.
#include "linux/misc/calls.hh"

namespace linux
{
// The C library does without restartable sequences when the first registration fails. Serving them would cost
// a store to application memory, which may fault, at every migration; nothing measured in linux-abi uses them
// for speed.
result<int> sys_rseq(virt_addr, u32, int, u32)
{
    return fail(errc::enosys);
}

result<int> sys_ptrace(int, int, virt_addr, virt_addr)
{
    return fail(errc::eperm);
} // there is nobody to trace

// A filter would have to be run for every call; who asks whether it could install one (a null pointer) learns
// that the kernel has none.
result<int> sys_seccomp(u32, u32, virt_addr)
{
    return fail(errc::einval);
}
} // namespace linux
