// Jumps to an address that is not canonical.
int main(void)
{
    ((void (*)(void))0x8000000000000000)();
    return 0;
}
