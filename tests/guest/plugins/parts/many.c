// Built four times. How often its constructor has run.
static int times;

__attribute__((constructor)) static void begin(void)
{
    __atomic_add_fetch(&times, 1, __ATOMIC_RELAXED);
}

int constructed_many(void)
{
    return __atomic_load_n(&times, __ATOMIC_RELAXED);
}
