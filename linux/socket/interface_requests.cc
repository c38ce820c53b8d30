#include "linux/socket/interface_requests.hh"

namespace linux
{
result<u64> interface_request(u32, virt_addr)
{
    return fail(errc::enotty);
}
} // namespace linux
