// Calls a function that nobody has.
int nobody_has_this(void);
int alone_value(void);

int unresolved_value(void)
{
    return nobody_has_this() + alone_value();
}
