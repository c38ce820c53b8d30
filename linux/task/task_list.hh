// The threads of a program, ordered by thread id.
#pragma once

#include "core/base/intrusive.hh"

namespace linux
{
class task;

/// The part of a task that hangs in its program's list.
struct task_list_entry {
    int tid = 0;
    tree_hook hook; // the program's signal lock
};

struct task_id_of {
    using type = int;
    int operator()(const task_list_entry& entry) const { return entry.tid; }
};

/// Elements are the task_list_entry bases of tasks: static_cast<task&>(entry).
using task_list = intrusive::set<task_list_entry,
                                 intrusive::member_hook<task_list_entry, tree_hook, &task_list_entry::hook>,
                                 intrusive::key_of_value<task_id_of>, intrusive::constant_time_size<false>>;
} // namespace linux
