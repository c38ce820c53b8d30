// The handlers of all families, as table.def names them.
#pragma once

#include "linux/events/calls.hh"
#include "linux/files/calls.hh"
#include "linux/futex/calls.hh"
#include "linux/memory/calls.hh"
#include "linux/misc/calls.hh"
#include "linux/signal/calls.hh"
#include "linux/socket/calls.hh"
#include "linux/task/calls.hh"
#include "linux/time/calls.hh"
