// Returns from a signal that never came.
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    syscall(SYS_rt_sigreturn);
}
