// Sets its stack pointer into the kernel's half and then pushes.
int main(void)
{
    __asm__ volatile("mov $0xffffe00000002000, %rsp\n\tpush %rax\n\tcall *%rsp");
    return 0;
}
