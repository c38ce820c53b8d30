/* Starts a VirtualBox machine without VirtualBox's kernel driver: tests only, built by scripts/setup
 * --virtualbox.
 *
 * VirtualBox 7.2 can interpret a machine entirely in its own process, but its front end refuses to start when
 * the driver is missing. This program initialises the run-time with the flag that allows it (undocumented, so
 * the version is checked at set-up) and then enters the headless front end. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>

#define FOLDER "/usr/lib/virtualbox/"
#define DRIVERLESS 4u

static void* symbol(void* library, const char* name)
{
    void* found = library ? dlsym(library, name) : NULL;
    if (!found)
        fprintf(stderr, "%s\n", dlerror());
    return found;
}

int main(int argc, char** argv, char** environment)
{
    void* runtime = dlopen(FOLDER "VBoxRT.so", RTLD_NOW | RTLD_GLOBAL);
    int (*start_runtime)(int, char***, uint32_t) = symbol(runtime, "RTR3InitExe");
    int (*start_support)(uint32_t, void*) = symbol(runtime, "SUPR3InitEx");
    if (!start_runtime || !start_support || start_runtime(argc, &argv, 0) < 0)
        return 1;
    int status = start_support(DRIVERLESS, NULL);
    if (status < 0) {
        fprintf(stderr, "VirtualBox does not start without its driver: %d\n", status);
        return 1;
    }
    void* front_end = dlopen(FOLDER "VBoxHeadless.so", RTLD_NOW | RTLD_GLOBAL);
    int (*trusted_main)(int, char**, char**) = symbol(front_end, "TrustedMain");
    return trusted_main ? trusted_main(argc, argv, environment) : 1;
}
