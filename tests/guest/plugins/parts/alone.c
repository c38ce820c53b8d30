// Only the plugin that cannot be loaded needs it.
int alone_value(void)
{
    return 1;
}
