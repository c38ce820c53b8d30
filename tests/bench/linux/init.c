// The first process of the Linux guest (static). It reads /guest.cfg, one directive a line:
//     cd DIR      env K=V      arg STRING (one line each)      net ADDRESS MASK GATEWAY
// runs the program, waits for it, and ends QEMU with its status by the isa-debug-exit device.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
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

static struct sockaddr address_of(const char* text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr result;
    inet_pton(AF_INET, text, &in.sin_addr);
    memcpy(&result, &in, sizeof result);
    return result;
}

static void set_up_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    const int s = socket(AF_INET, SOCK_DGRAM, 0);
    if (ioctl(s, SIOCSIFFLAGS, &request) != 0)
        complain("set up", "lo");
    close(s);
}

// The card's address and the way to the world.
static void set_up_network(const char* value)
{
    char address[16], mask[16], gateway[16];
    struct ifreq request = {.ifr_name = "eth0"};
    const int s = socket(AF_INET, SOCK_DGRAM, 0);
    if (sscanf(value, "%15s %15s %15s", address, mask, gateway) != 3)
        return complain("net", value);
    request.ifr_addr = address_of(address);
    int failed = ioctl(s, SIOCSIFADDR, &request);
    request.ifr_netmask = address_of(mask);
    failed |= ioctl(s, SIOCSIFNETMASK, &request);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    failed |= ioctl(s, SIOCSIFFLAGS, &request);
    struct rtentry route = {.rt_dst = address_of("0.0.0.0"),
                            .rt_gateway = address_of(gateway),
                            .rt_genmask = address_of("0.0.0.0"),
                            .rt_flags = RTF_UP | RTF_GATEWAY};
    failed |= ioctl(s, SIOCADDRT, &route);
    if (failed)
        complain("net", value);
    close(s);
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
        else if (strcmp(line, "net") == 0)
            set_up_network(value);
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
    set_up_loopback();
    read_config();
    int status = run();
    tcdrain(1);
    if (iopl(3) == 0)
        outl(64u | (status > 63 ? 63u : (unsigned)status), 0xf4); // QEMU ends with 129 + 2 * status
    reboot(RB_AUTOBOOT);
    return 0;
}
