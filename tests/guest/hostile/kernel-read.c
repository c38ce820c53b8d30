// Reads the kernel's half.
int main(void)
{
    *(volatile int*)0xffff888000001000;
    return 0;
}
