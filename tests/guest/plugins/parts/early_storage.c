// Thread-local storage that its code finds from the thread pointer, as if it had been there at the start.
static __attribute__((tls_model("initial-exec"))) __thread long early = 5;

long count_early(void)
{
    return ++early;
}
