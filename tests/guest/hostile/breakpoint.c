// Executes a breakpoint that nobody waits for.
int main(void)
{
    __asm__ volatile("int3");
    return 0;
}
