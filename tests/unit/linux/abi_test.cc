// The kernel's own definitions of Linux's structures against the system's headers: sizes, offsets, values.
#include <gtest/gtest.h>

#include <csignal>
#include <cstddef>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/errqueue.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/mempolicy.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <linux/time_types.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <sys/ucontext.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <ucontext.h>

#include "linux/abi/fcntl.hh"
#include "linux/abi/futex.hh"
#include "linux/abi/inet.hh"
#include "linux/abi/mman.hh"
#include "linux/abi/poll.hh"
#include "linux/abi/prctl.hh"
#include "linux/abi/resource.hh"
#include "linux/abi/sched.hh"
#include "linux/abi/signal.hh"
#include "linux/abi/socket.hh"
#include "linux/abi/stat.hh"
#include "linux/abi/time.hh"
#include "linux/abi/types.hh"

#define SAME_PLACE(ours, our_field, theirs, their_field)                                                     \
    EXPECT_EQ(offsetof(linux::ours, our_field), offsetof(theirs, their_field)) << #our_field
#define SAME_SIZE(ours, theirs) EXPECT_EQ(sizeof(linux::ours), sizeof(theirs)) << #ours
#define SAME_VALUE(ours, theirs) EXPECT_EQ(static_cast<u64>(linux::ours), static_cast<u64>(theirs)) << #theirs

namespace
{
TEST(abi, stat_is_linux_stat)
{
    SAME_SIZE(stat, struct stat);
    SAME_PLACE(stat, inode, struct stat, st_ino);
    SAME_PLACE(stat, link_count, struct stat, st_nlink);
    SAME_PLACE(stat, mode, struct stat, st_mode);
    SAME_PLACE(stat, uid, struct stat, st_uid);
    SAME_PLACE(stat, gid, struct stat, st_gid);
    SAME_PLACE(stat, special_device, struct stat, st_rdev);
    SAME_PLACE(stat, size, struct stat, st_size);
    SAME_PLACE(stat, block_size, struct stat, st_blksize);
    SAME_PLACE(stat, blocks, struct stat, st_blocks);
    SAME_PLACE(stat, access_time, struct stat, st_atim);
    SAME_PLACE(stat, modification_time, struct stat, st_mtim);
    SAME_PLACE(stat, change_time, struct stat, st_ctim);
}

TEST(abi, statx_is_linux_statx)
{
    SAME_SIZE(statx, struct statx);
    SAME_PLACE(statx, link_count, struct statx, stx_nlink);
    SAME_PLACE(statx, mode, struct statx, stx_mode);
    SAME_PLACE(statx, inode, struct statx, stx_ino);
    SAME_PLACE(statx, attributes_mask, struct statx, stx_attributes_mask);
    SAME_PLACE(statx, access_time, struct statx, stx_atime);
    SAME_PLACE(statx, birth_time, struct statx, stx_btime);
    SAME_PLACE(statx, change_time, struct statx, stx_ctime);
    SAME_PLACE(statx, modification_time, struct statx, stx_mtime);
    SAME_PLACE(statx, special_device_major, struct statx, stx_rdev_major);
    SAME_PLACE(statx, device_minor, struct statx, stx_dev_minor);
    SAME_PLACE(statx, mount_id, struct statx, stx_mnt_id);
}

TEST(abi, statfs_is_linux_statfs)
{
    SAME_SIZE(statfs, struct statfs);
    SAME_PLACE(statfs, block_size, struct statfs, f_bsize);
    SAME_PLACE(statfs, blocks_available, struct statfs, f_bavail);
    SAME_PLACE(statfs, name_length, struct statfs, f_namelen);
    SAME_PLACE(statfs, flags, struct statfs, f_flags);
}

TEST(abi, signal_structures)
{
    SAME_SIZE(siginfo, siginfo_t);
    SAME_PLACE(siginfo, code, siginfo_t, si_code);
    SAME_PLACE(siginfo, sender.pid, siginfo_t, si_pid);
    SAME_PLACE(siginfo, sender.uid, siginfo_t, si_uid);
    SAME_PLACE(siginfo, sender.value, siginfo_t, si_value);
    SAME_PLACE(siginfo, timer.id, siginfo_t, si_timerid);
    SAME_PLACE(siginfo, timer.overrun, siginfo_t, si_overrun);
    SAME_PLACE(siginfo, child.status, siginfo_t, si_status);
    SAME_PLACE(siginfo, child.user_time, siginfo_t, si_utime);
    SAME_PLACE(siginfo, fault.address, siginfo_t, si_addr);
    SAME_PLACE(siginfo, fault.address_lsb, siginfo_t, si_addr_lsb);
    SAME_PLACE(siginfo, poll.band, siginfo_t, si_band);
    SAME_PLACE(siginfo, poll.descriptor, siginfo_t, si_fd);
    SAME_PLACE(siginfo, call.number, siginfo_t, si_syscall);
    SAME_SIZE(stack, stack_t);
    SAME_PLACE(stack, size, stack_t, ss_size);
    SAME_SIZE(sigevent, struct sigevent);
    SAME_PLACE(sigevent, notify, struct sigevent, sigev_notify);
    SAME_PLACE(ucontext, stack, ucontext_t, uc_stack);
    SAME_PLACE(ucontext, context, ucontext_t, uc_mcontext);
    SAME_PLACE(ucontext, mask, ucontext_t, uc_sigmask);
    EXPECT_EQ(offsetof(linux::ucontext, context) + offsetof(linux::sigcontext, rip),
              offsetof(ucontext_t, uc_mcontext.gregs[REG_RIP]));
    EXPECT_EQ(offsetof(linux::ucontext, context) + offsetof(linux::sigcontext, rdi),
              offsetof(ucontext_t, uc_mcontext.gregs[REG_RDI]));
    EXPECT_EQ(offsetof(linux::ucontext, context) + offsetof(linux::sigcontext, error_code),
              offsetof(ucontext_t, uc_mcontext.gregs[REG_ERR]));
    EXPECT_EQ(offsetof(linux::ucontext, context) + offsetof(linux::sigcontext, cr2),
              offsetof(ucontext_t, uc_mcontext.gregs[REG_CR2]));
    EXPECT_EQ(offsetof(linux::ucontext, context) + offsetof(linux::sigcontext, fpstate),
              offsetof(ucontext_t, uc_mcontext.fpregs));
}

TEST(abi, signal_values)
{
    SAME_VALUE(sigabrt, SIGABRT);
    SAME_VALUE(sigchld, SIGCHLD);
    SAME_VALUE(sigtstp, SIGTSTP);
    SAME_VALUE(sigsys, SIGSYS);
    SAME_VALUE(sigwinch, SIGWINCH);
    SAME_VALUE(sa_onstack, SA_ONSTACK);
    SAME_VALUE(sa_restart, SA_RESTART);
    SAME_VALUE(sa_nodefer, SA_NODEFER);
    SAME_VALUE(sa_resethand & 0xffffffff, static_cast<u32>(SA_RESETHAND));
    SAME_VALUE(si_user, SI_USER);
    SAME_VALUE(si_kernel, SI_KERNEL);
    SAME_VALUE(si_queue, SI_QUEUE);
    SAME_VALUE(si_timer, SI_TIMER);
    SAME_VALUE(si_tkill, SI_TKILL);
    SAME_VALUE(fpe_intdiv, FPE_INTDIV);
    SAME_VALUE(fpe_fltinv, FPE_FLTINV);
    SAME_VALUE(segv_accerr, SEGV_ACCERR);
    SAME_VALUE(bus_adrerr, BUS_ADRERR);
    SAME_VALUE(ill_illopn, ILL_ILLOPN);
    SAME_VALUE(trap_trace, TRAP_TRACE);
    SAME_VALUE(sigev_thread_id, SIGEV_THREAD_ID);
    SAME_VALUE(fp_xstate_magic1, FP_XSTATE_MAGIC1);
    SAME_VALUE(fp_xstate_magic2, FP_XSTATE_MAGIC2);
}

TEST(abi, times_and_resources)
{
    SAME_SIZE(timespec, struct timespec);
    SAME_SIZE(timeval, struct timeval);
    SAME_SIZE(itimerspec, struct itimerspec);
    SAME_SIZE(itimerval, struct itimerval);
    SAME_PLACE(itimerval, value, struct itimerval, it_value);
    SAME_SIZE(tms, struct tms);
    SAME_SIZE(timex, struct timex);
    SAME_PLACE(timex, time, struct timex, time);
    SAME_PLACE(timex, tick, struct timex, tick);
    SAME_PLACE(timex, tai, struct timex, tai);
    SAME_SIZE(rusage, struct rusage);
    SAME_PLACE(rusage, max_rss, struct rusage, ru_maxrss);
    SAME_PLACE(rusage, involuntary_switches, struct rusage, ru_nivcsw);
    SAME_SIZE(rlimit, struct rlimit);
    SAME_VALUE(rlimit_nofile, RLIMIT_NOFILE);
    SAME_VALUE(rlimit_sigpending, RLIMIT_SIGPENDING);
    SAME_VALUE(rlimit_rttime, RLIMIT_RTTIME);
    SAME_VALUE(clock_boottime, CLOCK_BOOTTIME);
    SAME_VALUE(clock_tai, CLOCK_TAI);
}

TEST(abi, system_structures)
{
    SAME_SIZE(utsname, struct utsname);
    SAME_PLACE(utsname, machine, struct utsname, machine);
    SAME_SIZE(sysinfo, struct sysinfo);
    SAME_PLACE(sysinfo, processes, struct sysinfo, procs);
    SAME_PLACE(sysinfo, unit, struct sysinfo, mem_unit);
    SAME_SIZE(pollfd, struct pollfd);
    SAME_PLACE(pollfd, returned, struct pollfd, revents);
    SAME_SIZE(flock, struct flock);
    SAME_PLACE(flock, pid, struct flock, l_pid);
    SAME_SIZE(capability_data, struct __user_cap_data_struct);
    SAME_VALUE(capability_version_3, _LINUX_CAPABILITY_VERSION_3);
    SAME_VALUE(last_capability, CAP_LAST_CAP);
    SAME_SIZE(clone_args, struct clone_args);
    SAME_PLACE(clone_args, tls, struct clone_args, tls);
    SAME_VALUE(clone_child_cleartid, CLONE_CHILD_CLEARTID);
    SAME_VALUE(clone_settls, CLONE_SETTLS);
    SAME_SIZE(robust_list_head, struct robust_list_head);
    SAME_VALUE(futex_lock_pi2, FUTEX_LOCK_PI2);
    SAME_VALUE(futex_cmp_requeue_pi, FUTEX_CMP_REQUEUE_PI);
    SAME_VALUE(futex_owner_died, FUTEX_OWNER_DIED);
}

TEST(abi, flag_values)
{
    SAME_VALUE(o_creat, O_CREAT);
    SAME_VALUE(o_cloexec, O_CLOEXEC);
    SAME_VALUE(o_directory, O_DIRECTORY);
    SAME_VALUE(o_nofollow, O_NOFOLLOW);
    SAME_VALUE(f_dupfd_cloexec, F_DUPFD_CLOEXEC);
    SAME_VALUE(f_ofd_setlk, F_OFD_SETLK);
    SAME_VALUE(at_empty_path, AT_EMPTY_PATH);
    SAME_VALUE(map_fixed_noreplace, MAP_FIXED_NOREPLACE);
    SAME_VALUE(map_populate, MAP_POPULATE);
    SAME_VALUE(map_sync, MAP_SYNC);
    SAME_VALUE(madv_populate_write, MADV_POPULATE_WRITE);
    SAME_VALUE(madv_dodump, MADV_DODUMP);
    SAME_VALUE(mremap_fixed, MREMAP_FIXED);
    SAME_VALUE(mpol_preferred_many, MPOL_PREFERRED_MANY);
    SAME_VALUE(membarrier_register_private_expedited, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    SAME_VALUE(pollrdhup, POLLRDHUP);
    SAME_VALUE(pr_set_name, PR_SET_NAME);
    SAME_VALUE(pr_cap_ambient, PR_CAP_AMBIENT);
    SAME_VALUE(pr_set_vma, PR_SET_VMA);
}
TEST(abi, socket_addresses_are_linux_s)
{
    SAME_SIZE(sockaddr_in, struct sockaddr_in);
    SAME_PLACE(sockaddr_in, port, struct sockaddr_in, sin_port);
    SAME_PLACE(sockaddr_in, address, struct sockaddr_in, sin_addr);
    SAME_SIZE(sockaddr_in6, struct sockaddr_in6);
    SAME_PLACE(sockaddr_in6, address, struct sockaddr_in6, sin6_addr);
    SAME_PLACE(sockaddr_in6, scope, struct sockaddr_in6, sin6_scope_id);
    SAME_SIZE(sockaddr_un, struct sockaddr_un);
    SAME_SIZE(sockaddr_nl, struct sockaddr_nl);
    SAME_PLACE(sockaddr_nl, port, struct sockaddr_nl, nl_pid);
    SAME_PLACE(sockaddr_nl, groups, struct sockaddr_nl, nl_groups);
    SAME_SIZE(sockaddr_ll, struct sockaddr_ll);
    SAME_PLACE(sockaddr_ll, interface, struct sockaddr_ll, sll_ifindex);
    SAME_PLACE(sockaddr_ll, address, struct sockaddr_ll, sll_addr);
}

TEST(abi, socket_messages_are_linux_s)
{
    SAME_SIZE(msghdr, struct msghdr);
    SAME_PLACE(msghdr, name_length, struct msghdr, msg_namelen);
    SAME_PLACE(msghdr, segments, struct msghdr, msg_iov);
    SAME_PLACE(msghdr, segment_count, struct msghdr, msg_iovlen);
    SAME_PLACE(msghdr, control, struct msghdr, msg_control);
    SAME_PLACE(msghdr, control_length, struct msghdr, msg_controllen);
    SAME_PLACE(msghdr, flags, struct msghdr, msg_flags);
    SAME_SIZE(mmsghdr, struct mmsghdr);
    SAME_PLACE(mmsghdr, length, struct mmsghdr, msg_len);
    SAME_SIZE(cmsghdr, struct cmsghdr);
    SAME_PLACE(cmsghdr, level, struct cmsghdr, cmsg_level);
    SAME_PLACE(cmsghdr, type, struct cmsghdr, cmsg_type);
    SAME_SIZE(ucred, struct ucred);
    SAME_SIZE(linger, struct linger);
    SAME_SIZE(ip_mreqn, struct ip_mreqn);
    SAME_SIZE(ipv6_mreq, struct ipv6_mreq);
    SAME_SIZE(group_request, struct group_req);
    SAME_PLACE(group_request, group, struct group_req, gr_group);
    SAME_SIZE(in_pktinfo, struct in_pktinfo);
    SAME_PLACE(in_pktinfo, source, struct in_pktinfo, ipi_spec_dst);
    SAME_SIZE(in6_pktinfo, struct in6_pktinfo);
    SAME_SIZE(sock_extended_err, struct sock_extended_err);
    SAME_PLACE(sock_extended_err, info, struct sock_extended_err, ee_info);
}

TEST(abi, socket_numbers_are_linux_s)
{
    SAME_VALUE(af_inet6, AF_INET6);
    SAME_VALUE(af_netlink, AF_NETLINK);
    SAME_VALUE(sock_seqpacket, SOCK_SEQPACKET);
    SAME_VALUE(sock_nonblock, SOCK_NONBLOCK);
    SAME_VALUE(sock_cloexec, SOCK_CLOEXEC);
    SAME_VALUE(msg_errqueue, MSG_ERRQUEUE);
    SAME_VALUE(msg_nosignal, MSG_NOSIGNAL);
    SAME_VALUE(msg_more, MSG_MORE);
    SAME_VALUE(msg_waitforone, MSG_WAITFORONE);
    SAME_VALUE(msg_cmsg_cloexec, MSG_CMSG_CLOEXEC);
    SAME_VALUE(so_reuseport, SO_REUSEPORT);
    SAME_VALUE(so_rcvtimeo, SO_RCVTIMEO);
    SAME_VALUE(so_incoming_cpu, SO_INCOMING_CPU);
    SAME_VALUE(so_zerocopy, SO_ZEROCOPY);
    SAME_VALUE(so_netns_cookie, SO_NETNS_COOKIE);
    SAME_VALUE(ip_pktinfo, IP_PKTINFO);
    SAME_VALUE(ip_multicast_all, IP_MULTICAST_ALL);
    SAME_VALUE(ipv6_v6only, IPV6_V6ONLY);
    SAME_VALUE(ipv6_recvpktinfo, IPV6_RECVPKTINFO);
    SAME_VALUE(ipv6_tclass, IPV6_TCLASS);
    SAME_VALUE(mcast_join_group, MCAST_JOIN_GROUP);
    SAME_VALUE(tcp_user_timeout, TCP_USER_TIMEOUT);
    SAME_VALUE(tcp_notsent_lowat, TCP_NOTSENT_LOWAT);
    SAME_VALUE(tcp_fastopen_connect, TCP_FASTOPEN_CONNECT);
}
} // namespace
