#!/bin/sh
# The first process of Xen's first domain in a run of `run.py --hypervisor xen` (scripts/kiln/xen.py).
# It starts what Xen's tools need, then what the run brought along on its first disk, and switches the machine off.
export PATH=/bin LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts
mount -t devpts pts /dev/pts
echo 1 >/proc/sys/kernel/printk
for module in llc stp bridge xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs xen-blkback xen-netback \
        failover net_failover virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci \
        virtio_blk virtio_net virtio_console; do
    insmod "/modules/$module.ko"
done
mount -t xenfs xenfs /proc/xen
xenstored --pid-file /run/xenstored.pid
tries=0
until xenstore-read / >/dev/null 2>&1 || [ $tries -gt 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
xen-init-dom0 >/dev/null
# "keep": a stream of which a part is thrown away is worth nothing.
xenconsoled --overflow-data=keep --pid-file=/run/xenconsoled.pid
ip link set lo up
brctl addbr kiln0
ip link set kiln0 up
if [ -e /sys/class/net/eth0 ]; then
    ip link set eth0 up
    brctl addif kiln0 eth0
fi
mkdir /run/kiln
tar -x -f /dev/vda -C /run/kiln
# shellcheck source=/dev/null
. /run/kiln/run.sh
sync
poweroff -f
