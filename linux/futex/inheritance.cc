#include "linux/futex/inheritance.hh"

#include <algorithm>

namespace linux
{
constinit spinlock inheritance_lock{lock_rank::inheritance};

u8 inheritor::priority() const
{
    return std::max(own_priority(), _inherited);
}

u8 inheritor::most_urgent_donor() const
{
    u8 most = 0;
    for (const donation& d : _donors)
        most = std::max(most, d._from.priority());
    return most;
}

bool inheritor::waits_for(const inheritor& other) const
{
    // Ends, because nobody is let into a ring.
    const inheritor* at = this;
    while (at && at != &other)
        at = at->_waits ? at->_waits->_to : nullptr;
    return at == &other;
}

void inheritor::receive(donation& gift)
{
    inheritor* const before = gift._to;
    if (before == this)
        return;
    if (before)
        before->_donors.erase(before->_donors.iterator_to(gift));
    gift._to = this;
    gift._from._waits = &gift;
    _donors.push_back(gift);
    if (before)
        before->update();
    update();
}

void inheritor::withdraw(donation& gift)
{
    inheritor* const before = gift._to;
    if (!before)
        return;
    before->_donors.erase(before->_donors.iterator_to(gift));
    gift._to = nullptr;
    gift._from._waits = nullptr;
    before->update();
}

void inheritor::refuse_all()
{
    while (!_donors.empty()) {
        donation& gift = _donors.front();
        _donors.pop_front();
        gift._to = nullptr;
        gift._from._waits = nullptr;
    }
}

void inheritor::update()
{
    for (inheritor* at = this; at; at = at->_waits ? at->_waits->_to : nullptr) {
        const u8 inherited = at->most_urgent_donor();
        const bool unchanged = inherited == at->_inherited;
        if (unchanged && at != this)
            return;
        at->_inherited = inherited;
        if (!unchanged)
            at->set_inherited(inherited);
    }
}
} // namespace linux
