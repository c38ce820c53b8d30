#!/bin/sh
# Builds the rival: the smallest sensible Linux 6.1 kernel, tuned for a virtual machine (kernel.config).
#
#     build_kernel.sh WORKDIR      leaves WORKDIR/vmlinux (stripped ELF, entered by PVH)
#
# One line of its source is changed: the rate of QEMU's APIC timer (1 GHz) is told to the kernel, as it is
# under KVM, because measuring it takes 0.2 s of every boot. About 10 CPU minutes, once. Debian packages:
# gcc make flex bison bc libelf-dev; the source comes from the package linux-source-6.1. JOBS=N sets make -j.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${1:?usage: build_kernel.sh WORKDIR}
mkdir -p "$work"
cd "$work"
if [ ! -d src ]; then
    ls linux-source-6.1_*.deb >/dev/null 2>&1 || apt-get download linux-source-6.1
    dpkg-deb --fsys-tarfile linux-source-6.1_*.deb | tar xf - --wildcards './usr/src/linux-source-*.tar.xz'
    rm -rf src.new
    mkdir src.new
    tar xf usr/src/linux-source-*.tar.xz -C src.new --strip-components=1
    rm -rf usr
    mv src.new src
fi
cd src
sed -i 's/^unsigned int lapic_timer_period = 0;/unsigned int lapic_timer_period = 1000000000 \/ HZ;/' \
    arch/x86/kernel/apic/apic.c
make -s tinyconfig
./scripts/kconfig/merge_config.sh -m .config "$here/kernel.config" >/dev/null
make -s olddefconfig
for option in PVH SMP VIRTIO_MMIO_CMDLINE_DEVICES FUTEX EPOLL TMPFS; do
    grep -q "^CONFIG_$option=y" .config || { echo "build_kernel.sh: CONFIG_$option was dropped" >&2; exit 1; }
done
make -s -j"${JOBS:-1}" vmlinux
objcopy -S vmlinux ../vmlinux
ls -l ../vmlinux
