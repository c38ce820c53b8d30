// Writes the kernel's half, where nothing is mapped on any system.
int main(void)
{
    *(volatile int*)0xffff900000000000 = 1;
    return 0;
}
