#include "net/tcp/congestion.hh"

#include <algorithm>

#include "net/tcp/cubic.hh"
#include "net/tcp/reno.hh"

namespace net::tcp
{
namespace
{
constinit const cubic the_cubic;
constinit const reno the_reno;
} // namespace

const congestion_control* congestion_control::find(std::string_view name)
{
    if (name == the_cubic.name())
        return &the_cubic;
    if (name == the_reno.name())
        return &the_reno;
    return nullptr;
}

const congestion_control& congestion_control::standard()
{
    return the_cubic;
}

u32 congestion_control::slow_start(congestion_state& s, u32 bytes)
{
    // Bytes are counted, not acknowledgements (RFC 3465), without its limit of two segments: receivers that
    // merge segments acknowledge many at once.
    const u32 growth = std::min(bytes, s.threshold - s.window);
    s.window += growth;
    return bytes - growth;
}
} // namespace net::tcp
