#include "linux/socket/waiting.hh"

namespace linux
{
wait_options wait_rule::options()
{
    if (!limited())
        return {.interruptible = true};
    if (!_deadline)
        _deadline = timekeeping::after(timekeeping::now(), _limit);
    return {.deadline = *_deadline, .interruptible = true};
}

errc wait_rule::outcome(errc how) const
{
    if (how == errc::etimedout)
        return errc::eagain;
    if (how == errc::eintr)
        return limited() ? errc::erestartnohand : errc::erestartsys;
    return how;
}
} // namespace linux
