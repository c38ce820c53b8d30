// Recurses until the stack ends.
static volatile int depth;

static int recurse(int n)
{
    volatile char block[4096];
    block[0] = (char)n;
    depth = n;
    return depth < 0 ? 0 : recurse(n + 1) + block[0];
}

int main(void)
{
    return recurse(0);
}
