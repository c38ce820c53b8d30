// Ends with a status of more than eight bits.
int main(void)
{
    return 0x1234;
}
