// Jumps into the half of the addresses that is the kernel's.
int main(void)
{
    ((void (*)(void))0xffffffff90000000)();
    return 0;
}
