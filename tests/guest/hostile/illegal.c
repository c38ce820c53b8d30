// Executes an instruction that does not exist.
int main(void)
{
    __asm__ volatile("ud2");
    return 0;
}
