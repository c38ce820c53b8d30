// Reads through a null pointer.
int main(void)
{
    *(volatile int*)0;
    return 0;
}
