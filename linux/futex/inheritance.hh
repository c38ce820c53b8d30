// Priority inheritance: who owns a lock that a more urgent thread waits for runs as urgently as that one.
//
//     inheritor --_waits--> donation --_to--> inheritor --_waits--> donation --> ...
//      (waits)             (its wait)        (owns the lock, and waits for another)
//
// A thread that waits for a PI futex has one donation, which lies beside its waiter on its kernel stack, to
// the lock's owner. Each inheritor has the priority of its most urgent donor if that is higher than its own,
// and passes on what it has: the chain is followed until nothing changes. Which lock a donation is for does
// not matter here.
//
// Locking: all of it is under `inheritance_lock`, one for the machine: only contended PI futexes take it. Its
// rank is behind the futex buckets' and before the run queues', which set_inherited() may take. Pure but for
// that; tested on the host against a model.
#pragma once

#include "core/base/intrusive.hh"
#include "core/sync/spinlock.hh"

namespace linux
{
class inheritor;

extern constinit spinlock inheritance_lock;

/// A wait for something that another one owns.
class donation
{
  public:
    explicit donation(inheritor& from) : _from(from) {}
    donation(const donation&) = delete;
    donation& operator=(const donation&) = delete;

    bool is_given() const { return _to != nullptr; }

  private:
    friend class inheritor;
    inheritor& _from;
    inheritor* _to = nullptr;
    list_hook _hook; // the receiver's donors

  public:
    using list = intrusive::list<donation, intrusive::member_hook<donation, list_hook, &donation::_hook>,
                                 intrusive::constant_time_size<false>>;
};

class inheritor
{
  public:
    inheritor() = default;
    virtual ~inheritor() = default;
    inheritor(const inheritor&) = delete;
    inheritor& operator=(const inheritor&) = delete;

    /// Whether it waits for `other`, directly or along the chain: then `other` must not wait for it.
    bool waits_for(const inheritor& other) const REQUIRES(inheritance_lock);

    /// What `gift` is worth goes to this one from now on, and no longer to whom it went before.
    void receive(donation& gift) REQUIRES(inheritance_lock);
    /// The wait is over; harmless if it was never given.
    static void withdraw(donation& gift) REQUIRES(inheritance_lock);
    /// Gives nothing to this one any more: it ends.
    void refuse_all() REQUIRES(inheritance_lock);

    /// Its own priority, or its donors, changed: it and those it waits for inherit anew.
    void update() REQUIRES(inheritance_lock);

  protected:
    /// 0 for those that share the CPU fairly.
    virtual u8 own_priority() const = 0;
    virtual void set_inherited(u8 priority) = 0;

  private:
    u8 priority() const;
    u8 most_urgent_donor() const;

    donation* _waits = nullptr;
    donation::list _donors;
    u8 _inherited = 0;
};
} // namespace linux
