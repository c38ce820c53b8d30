"""Domains of a real Xen as its first domain sees them: it starts them with `xl`, is their servers' client, and
ends them. Skipped where there is no Xen (scripts/setup --xen).
"""
import subprocess

import pytest
from hypervisors import marks
from machine import ROOT, run_linux

from kiln import bootline, image, network, paths, qemu, xen

pytestmark = marks(xen.check_present)

# What every script begins with: `say` tells the test something, `start` starts the domain.
PRELUDE = r'''exec 3>/dev/$(ls /sys/class/virtio-ports | head -n 1)
say() { echo "$*" >&3; }
start() {
    xl create -p "${1:-/run/kiln/domain.cfg}" >/run/xl.log 2>&1 || say "xl create failed: $(cat /run/xl.log)"
    domain=$(xl domid "${2:-kiln}")
    cat $(xenstore-read /local/domain/$domain/console/tty) >/run/console &
    console=$!
    xl unpause $domain
}
'''

# The console ends with the domain. What the kernel says itself is left out.
STARTS = r'''for number in $(seq 20); do
    start
    wait $console
    say "start $number: $(grep -v '^kiln: \|^entry ' /run/console)"
    tries=0
    while xl domid kiln >/dev/null 2>&1 && [ $tries -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
done
say end
'''

# A hundred values of 1 MiB, all of them there at once; then each is compared with what it was.
REDIS = r'''ip addr add 10.0.2.100/24 dev kiln0
start
tries=0
until [ "$(timeout 5 redis-cli -h 10.0.2.15 ping 2>/dev/null)" = PONG ] || [ $tries -gt 100 ]; do
    tries=$((tries + 1))
    sleep 0.5
done
stored=0
for number in $(seq 100); do
    dd if=/dev/urandom of=/tmp/value bs=1024k count=1 2>/dev/null
    [ "$(timeout 60 redis-cli -h 10.0.2.15 -x set value:$number </tmp/value)" = OK ] && stored=$((stored + 1))
    sha256sum </tmp/value >/tmp/sum.$number
done
equal=0
for number in $(seq 100); do
    timeout 60 redis-cli -h 10.0.2.15 --raw get value:$number | head -c 1048576 | sha256sum >/tmp/got
    cmp -s /tmp/got /tmp/sum.$number && equal=$((equal + 1))
done
say "stored $stored, equal $equal, bytes $(timeout 60 redis-cli -h 10.0.2.15 strlen value:100)"
xl shutdown -w kiln >/dev/null 2>&1
wait $console
say "end: $(grep 'ready to exit' /run/console)"
'''

# The program runs until SIGTERM; `xl create` still watches the domain and starts it anew.
REBOOT = r'''start
tries=0
until grep -q up /run/console || [ $tries -gt 200 ]; do
    tries=$((tries + 1))
    sleep 0.2
done
xl reboot kiln >/dev/null 2>&1
wait $console
tries=0
until new=$(xl domid kiln 2>/dev/null) && [ "$new" != $domain ] || [ $tries -gt 200 ]; do
    tries=$((tries + 1))
    sleep 0.2
done
say "$domain then $new"
'''

# The files have the names that the configuration has for them; the image is a disk here.
DEPLOYED = r'''mkdir -p {folder}
ln -s /run/kiln/kernel {folder}/kernel.elf
ln -s /dev/vdb {folder}/redis.img
brctl addbr xenbr0
ip link set xenbr0 up
cat >/run/redis.cfg <<'END'
{configuration}END
start /run/redis.cfg redis
tries=0
until grep -q 'Ready to accept connections' /run/console || [ $tries -gt 200 ]; do
    tries=$((tries + 1))
    sleep 0.2
done
say "bridge: $(ls /sys/class/net/xenbr0/brif)"
xl shutdown -w redis >/dev/null 2>&1
wait $console
say "end: $(grep 'ready to exit' /run/console)"
'''


def first_domain(machine, script, limit):
    """The lines that the first domain says while it runs a script."""
    machine.script = PRELUDE + script
    out = machine.scratch / 'out'
    command = [qemu.PROGRAM, *xen.arguments(machine, f'file,path={out}', machine.scratch / 'xen.log')]
    subprocess.run(command, check=True, timeout=limit, stdin=subprocess.DEVNULL)
    return out.read_text(errors='replace').splitlines()


def make(scratch, booted, words, **parts):
    """A machine that boots an image from a disk, with its console for text."""
    machine = xen.Machine(scratch, paths.kernel('release', ''), disks=[xen.Disk(booted.root)], **parts)
    machine.command_line = ' '.join(bootline.words([('kiln.root', 'disk'), ('kiln.stdin', 'null'), *words]))
    return machine


def test_twenty_starts_in_a_row(program, tmp_path):
    booted, name = image.of_program(str(program('hello')), [], 'rofs')
    machine = make(tmp_path, booted, [('kiln.arg', name)], memory=64 << 20)
    text = run_linux(program('hello')).out.decode().strip()
    assert first_domain(machine, STARTS, 300) == [f'start {number}: {text}' for number in range(1, 21)] + ['end']


def test_reboot(tmp_path):
    """`xl reboot` ends the program, and then there is the domain again under the next number."""
    script = 'import time; print("up", flush=True); time.sleep(1000)'
    booted, name = image.of_program('/usr/bin/python3', [], 'rofs')
    words = [('kiln.arg', word) for word in (name, '-c', script)]
    machine = make(tmp_path, booted, words, memory=64 << 20)
    assert first_domain(machine, REBOOT, 200) == ['1 then 2']


@pytest.mark.parametrize('cpus', [1, 2])
def test_redis_over_netfront(tmp_path, cpus):
    """100 MB of values from a client in the first domain and back; `xl shutdown` is SIGTERM."""
    booted = image.named('redis', [], None, [])
    machine = make(tmp_path, booted, [('kiln.ip', '10.0.2.15/24'), *booted.pairs()], memory=320 << 20, cpus=cpus,
                   card=network.Card())
    said = first_domain(machine, REDIS, 600)
    assert said[0] == 'stored 100, equal 100, bytes 1048576', said
    assert 'Redis is now ready to exit' in said[1], said


def test_what_scripts_build_deploys(tmp_path):
    """`scripts/build image=redis deploy=xl`: its configuration, unchanged, is one that xl takes."""
    subprocess.run([ROOT / 'scripts' / 'build', 'image=redis', 'deploy=xl'], check=True, timeout=600,
                   stdout=subprocess.DEVNULL)
    folder = ROOT / 'build' / 'release.x64' / 'images'
    machine = xen.Machine(tmp_path, folder / 'kernel.elf', disks=[xen.Disk(folder / 'redis.img')], memory=256 << 20)
    script = DEPLOYED.format(folder=folder, configuration=(folder / 'redis.cfg').read_text(encoding='utf-8'))
    said = first_domain(machine, script, 300)
    assert said[0] == 'bridge: vif1.0', said
    assert 'Redis is now ready to exit' in said[1], said
