// Loses its stack pointer and then pushes.
int main(void)
{
    __asm__ volatile("mov $8, %rsp\n\tpush %rax\n\tpush %rax");
    return 0;
}
