// Boost.Intrusive as the kernel uses it: asserts lead to our panic, hooks are safe-linked in debug builds.
// Convention: the hook is private, the list type a public alias in the element's class, and the comment at
// the hook names the lock that protects it.
#pragma once

#define BOOST_ENABLE_ASSERT_HANDLER
#include <boost/assert.hpp>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>
#include <boost/intrusive/slist.hpp>
#include <boost/intrusive/unordered_set.hpp>

#include "core/base/assert.hh"

namespace intrusive = boost::intrusive;

#ifdef KILN_DEBUG
inline constexpr auto hook_mode = intrusive::safe_link;
#else
inline constexpr auto hook_mode = intrusive::normal_link;
#endif

using list_hook = intrusive::list_member_hook<intrusive::link_mode<hook_mode>>;
using slist_hook = intrusive::slist_member_hook<intrusive::link_mode<hook_mode>>;
using tree_hook = intrusive::set_member_hook<intrusive::link_mode<hook_mode>, intrusive::optimize_size<true>>;
