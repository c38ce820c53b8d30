// Jumps into its data.
static unsigned char code[] = {0xc3};

int main(void)
{
    ((void (*)(void))code)();
    return 0;
}
