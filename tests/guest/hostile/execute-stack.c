// Jumps into its stack.
int main(void)
{
    volatile unsigned char code[16] = {0xc3};
    ((void (*)(void))code)();
    return 0;
}
