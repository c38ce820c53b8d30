// Built twice, as left and as right: a name that both define. The program defines own_or_mine, too.
const char* whose(void)
{
    return WHOSE;
}

int own_or_mine(void)
{
    return 2;
}

int chosen(void)
{
    return own_or_mine();
}
