// Writes into its own code.
int main(void)
{
    *(volatile char*)(unsigned long)&main = 0;
    return 0;
}
