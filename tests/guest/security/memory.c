// What a program's memory must refuse: the null page, writing to its text, executing its data, guard pages.
#include "../check.h"
#include "../support.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

TEST(security, null_page_is_not_mapped)
{
    for (uintptr_t a = 0; a < 65536; a += PAGE)
        if (!CHECK_EQ(FAULT(*(volatile char*)a).code, SEGV_MAPERR))
            break;
}

__attribute__((noinline)) static int answer(void)
{
    return 42;
}

TEST(security, text_and_constants_are_read_only)
{
    int (*volatile function)(void) = answer;
    struct fault f = FAULT(*(volatile char*)(uintptr_t)function = 0);
    CHECK_EQ(f.signal, SIGSEGV);
    CHECK_EQ(f.code, SEGV_ACCERR);
    const char* volatile constant = "constant";
    f = FAULT(*(volatile char*)(uintptr_t)constant = 'x');
    CHECK_EQ(f.code, SEGV_ACCERR);
    CHECK_EQ(function(), 42);
}

static unsigned char code_in_data[16] = {0xc3};

static struct fault run(void* code)
{
    return FAULT(((void (*)(void))code)());
}

TEST(security, data_is_not_executed)
{
    unsigned char on_stack[16] = {0xc3};
    unsigned char* on_heap = malloc(16);
    REQUIRE(on_heap);
    on_heap[0] = 0xc3;
    void* const places[] = {code_in_data, on_stack, on_heap};
    for (int i = 0; i < 3; i++) {
        struct fault f = run(places[i]);
        CHECK_EQ(f.signal, SIGSEGV);
        CHECK_EQ(f.code, SEGV_ACCERR);
        CHECK(f.address == places[i]);
        CHECK_EQ(f.error & 16, 16); // an instruction fetch
    }
    free(on_heap);
}

TEST(security, write_and_execute_when_asked)
{
    unsigned char* p =
        mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(p != MAP_FAILED);
    for (unsigned char i = 0; i < 10; i++) { // a compiler that writes as it goes
        static const unsigned char give[] = {0xb8, 0, 0, 0, 0, 0xc3};
        memcpy(p, give, sizeof give);
        p[1] = i;
        CHECK_EQ(((int (*)(void))p)(), i);
    }
    munmap(p, PAGE);
}

static void* touch_guard(void* unused)
{
    pthread_attr_t attributes;
    void* low;
    size_t size, guard;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_getguardsize(&attributes, &guard);
    CHECK(guard >= PAGE);
    struct fault f = FAULT(*((volatile char*)low - 1) = 1);
    if (f.signal == 0) // some versions of the C library count the guard to the stack
        f = FAULT(*((volatile char*)low + 8) = 1);
    CHECK_EQ(f.signal, SIGSEGV);
    CHECK_EQ(f.code, SEGV_ACCERR);
    pthread_attr_destroy(&attributes);
    return unused;
}

TEST(security, thread_stacks_have_guards)
{
    pthread_join(start_thread(touch_guard, NULL), NULL);
}

// Where no system maps anything: on one ring, what is mapped there could be reached.
TEST(security, kernel_half_is_out_of_reach)
{
    static const uintptr_t places[] = {0xffffb00000000000, 0xffffe00000000000, 0xffffffff90000000,
                                       0xffffffffffffe000};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct fault f = FAULT(*(volatile char*)places[i]);
        CHECK_EQ(f.signal, SIGSEGV);
        CHECK_EQ(FAULT(*(volatile char*)places[i] = 1).signal, SIGSEGV);
        f = run((void*)places[i]);
        CHECK_EQ(f.signal, SIGSEGV);
        CHECK_EQ(f.rip, places[i]);
    }
    CHECK_EQ((intptr_t)mmap((void*)0xffff800000000000, PAGE, PROT_READ,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
             -1);
}

TEST(security, stack_protector_value_is_random)
{
    uintptr_t canary;
    __asm__("mov %%fs:0x28, %0" : "=r"(canary));
    CHECK(canary != 0);
    CHECK_EQ(canary & 0xff, 0);
    CHECK(canary >> 32 != 0);
}
