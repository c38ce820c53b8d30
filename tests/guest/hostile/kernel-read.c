// Reads the kernel's half.
int main(void)
{
    *(volatile int*)0xffffb00000001000;
    return 0;
}
