// Dies with a robust list that leads nowhere.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    static struct robust_list_head head = {.list = {(struct robust_list*)0xffff800000000000}};
    syscall(SYS_set_robust_list, &head, sizeof head);
    return 7;
}
