#include "net/tcp/time_wait.hh"

namespace net::tcp
{
time_wait::time_wait(const four_tuple& tuple, const port_use& use, const origin& from)
    : flow(kind::time_wait), _from(from)
{
    _tuple = tuple;
    _use = use;
    _use.listening = false;
}

time_wait::verdict time_wait::judge(const segment& s) const
{
    const bool old_by_timestamp = _from.has_timestamps && s.options.timestamp &&
                                  static_cast<s32>(s.options.timestamp->value - _from.recent_timestamp) < 0;

    // A reset would let old segments into a new connection (RFC 1337), unless it is the exact one.
    if (s.has(tcp_header::rst))
        return s.begin == _from.receive_next && !old_by_timestamp ? verdict::end : verdict::drop;

    // RFC 6191 §2 and RFC 9293 §3.10.7.4: a SYN that is surely new.
    if (s.has(tcp_header::syn) && !s.has(tcp_header::ack)) {
        const bool newer_timestamp =
            _from.has_timestamps && s.options.timestamp &&
            static_cast<s32>(s.options.timestamp->value - _from.recent_timestamp) > 0;
        if (newer_timestamp || (!old_by_timestamp && s.begin > _from.receive_next))
            return verdict::reuse;
        return verdict::acknowledge;
    }
    if (old_by_timestamp)
        return verdict::acknowledge;
    if (s.has(tcp_header::fin) && s.end() == _from.receive_next)
        return verdict::acknowledge_restart;
    // A plain acknowledgement of our FIN needs no answer; anything else is out of the window or data after
    // its end.
    if (s.sequence_length() == 0 && s.begin == _from.receive_next)
        return verdict::drop;
    return verdict::acknowledge;
}

bool time_wait::may_reuse(instant now) const
{
    return _from.has_timestamps && now >= _expires - duration + seconds(1);
}
} // namespace net::tcp
