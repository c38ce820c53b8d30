// Calls a null function pointer.
int main(void)
{
    void (*volatile nowhere)(void) = 0;
    nowhere();
    return 0;
}
