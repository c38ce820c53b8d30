// The first process of the Linux guest (static). It reads /guest.cfg, one directive a line:
//     cd DIR      env K=V      arg STRING (one line each)
// runs the program, waits for it, and ends QEMU with its status by the isa-debug-exit device.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static char config[65536], *arguments[256], *environment[256];
static const char* folder = "/";

static void complain(const char* what, const char* about)
{
    fprintf(stderr, "init: %s %s: %s\n", what, about, strerror(errno));
}

static void mount_on(const char* path, const char* type, const char* options)
{
    mkdir(path, 0755);
    if (mount(type, path, type, 0, options) != 0)
        complain("mount", path);
}

static void read_config(void)
{
    int argc = 0, envc = 0;
    int fd = open("/guest.cfg", O_RDONLY);
    if (fd < 0 || read(fd, config, sizeof config - 1) <= 0)
        complain("read", "/guest.cfg");
    close(fd);
    for (char *line = config, *rest; *line; line = rest) {
        rest = line + strcspn(line, "\n");
        if (*rest)
            *rest++ = 0;
        char* value = line + strcspn(line, " ");
        if (*value)
            *value++ = 0;
        if (strcmp(line, "arg") == 0 && argc < 255)
            arguments[argc++] = value;
        else if (strcmp(line, "env") == 0 && envc < 255)
            environment[envc++] = value;
        else if (strcmp(line, "cd") == 0)
            folder = value;
    }
}

static int run(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (chdir(folder) != 0)
            complain("cd", folder);
        execve(arguments[0], arguments, environment);
        complain("exec", arguments[0]);
        _exit(127);
    }
    for (;;) {
        pid_t ended = wait(&status);
        if (ended == child)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (ended < 0 && errno != EINTR)
            return 127;
    }
}

int main(void)
{
    mount_on("/dev", "devtmpfs", NULL);
    int console = open("/dev/console", O_RDWR); // descriptor 0 is closed when /dev was empty
    for (int fd = 0; fd < 3; fd++)
        if (console != fd)
            dup2(console, fd);
    mount_on("/proc", "proc", NULL);
    mount_on("/sys", "sysfs", NULL);
    mkdir("/tmp", 01777);
    mount_on("/dev/shm", "tmpfs", "mode=1777");
    struct rlimit limit = {65536, 65536};
    setrlimit(RLIMIT_NOFILE, &limit);
    read_config();
    int status = run();
    tcdrain(1);
    if (iopl(3) == 0)
        outl(64u | (status > 63 ? 63u : (unsigned)status), 0xf4); // QEMU ends with 129 + 2 * status
    reboot(RB_AUTOBOOT);
    return 0;
}
