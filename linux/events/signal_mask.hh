// The signal mask that ppoll, pselect6 and epoll_pwait set for as long as they wait.
#pragma once

#include "core/mm/user_access.hh"
#include "linux/task/task.hh"

namespace linux
{
class temporary_mask
{
  public:
    temporary_mask() = default;
    temporary_mask(const temporary_mask&) = delete;
    temporary_mask& operator=(const temporary_mask&) = delete;

    /// Errors: einval (size), efault. A null `from` changes nothing.
    result<void> set(mm::user_ptr<const signal_set> from, size_t size)
    {
        if (!from)
            return {};
        if (size != sizeof(signal_set))
            return fail(errc::einval);
        current_task().set_temporary_mask(TRY(from.read()));
        _set = true;
        return {};
    }

    /// After the wait: with a signal the delivery restores the mask, behind its handler.
    void finish(bool interrupted)
    {
        if (std::exchange(_set, false) && !interrupted)
            current_task().restore_mask();
    }
    ~temporary_mask() { finish(false); }

  private:
    bool _set = false;
};
} // namespace linux
