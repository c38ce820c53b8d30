"""Disk images in the formats of other hypervisors, and the appliance that they import.

qemu-img converts; it comes with the package qemu-utils. An appliance (OVA) is a tar archive in the ustar
format whose first file describes the machine (OVF 1.1, DSP0243) and whose second is its disk, a VMDK that
can be read in one go (streamOptimized).
"""
from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import List
from xml.sax.saxutils import escape

from .errors import KilnError

FORMATS = ('raw', 'qcow2', 'vmdk', 'vdi', 'ova')
SUFFIXES = {'raw': '.img'}
STREAM = ['-o', 'subformat=streamOptimized']
APPLIANCE_MEMORY = 256          # MiB; whoever imports it may change that
MIB = 1 << 20

OVF = '''<?xml version="1.0" encoding="UTF-8"?>
<Envelope ovf:version="1.0" xmlns="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
    xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData">
  <References>
    <File ovf:id="file1" ovf:href="{disk}" ovf:size="{size}"/>
  </References>
  <DiskSection>
    <Info>The machine's disk</Info>
    <Disk ovf:diskId="disk1" ovf:fileRef="file1" ovf:capacity="{capacity}"
        ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <NetworkSection>
    <Info>The network that the card is plugged into</Info>
    <Network ovf:name="NAT"><Description>NAT</Description></Network>
  </NetworkSection>
  <VirtualSystem ovf:id="{name}">
    <Info>One program as one machine</Info>
    <Name>{name}</Name>
    <OperatingSystemSection ovf:id="102">
      <Info>It has none</Info>
      <Description>Other_64</Description>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>What the machine is made of</Info>
      <System>
        <vssd:ElementName>Virtual hardware</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>{name}</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>virtualbox-2.2 vmx-10</vssd:VirtualSystemType>
      </System>
{items}
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
'''


def convert(image: Path, form: str) -> Path:
    """The disk image in another format, beside it; it appears under its name when it is complete."""
    if form == 'raw':
        return image
    wanted = image.with_suffix(SUFFIXES.get(form, f'.{form}'))
    unfinished = wanted.with_name(f'.{wanted.name}.{os.getpid()}')
    try:
        if form == 'ova':
            make_appliance(image, unfinished)
        else:
            qemu_img(image, form, unfinished)
        os.replace(unfinished, wanted)
    finally:
        unfinished.unlink(missing_ok=True)
    return wanted


def qemu_img(source: Path, form: str, target: Path, options: List[str] = []) -> None:
    """One call of qemu-img convert; it finds the format of the source itself only if that is not raw."""
    kind = 'qcow2' if source.suffix == '.qcow2' else 'raw'
    command = ['qemu-img', 'convert', '-f', kind, '-O', form, *options, str(source), str(target)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
    except FileNotFoundError as error:
        raise KilnError('qemu-img is missing: install the package qemu-utils (scripts/setup does)') from error
    if done.returncode != 0:
        raise KilnError(f'qemu-img cannot make {target.name}: {done.stdout.strip()}')


def make_appliance(image: Path, target: Path) -> None:
    """The OVA of a disk image."""
    name = image.stem
    with tempfile.TemporaryDirectory(dir=target.parent, prefix='.ova-') as folder:
        disk = Path(folder) / f'{name}-disk1.vmdk'
        qemu_img(image, 'vmdk', disk, STREAM)
        description = Path(folder) / f'{name}.ovf'
        description.write_text(describe(name, disk, image.stat().st_size), encoding='utf-8')
        with tarfile.open(target, 'w', format=tarfile.USTAR_FORMAT) as archive:
            for file in (description, disk):        # in this order: importers read it as a stream
                archive.add(file, file.name, filter=_nobodys)


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ''
    entry.mode = 0o644
    entry.mtime = 0
    return entry


def describe(name: str, disk: Path, capacity: int) -> str:
    """The OVF text: one CPU, an AHCI disk, an e1000 card on NAT."""
    def item(number: int, kind: int, what: str, *more: str) -> str:
        fields = [f'<rasd:ElementName>{what}</rasd:ElementName>', f'<rasd:InstanceID>{number}</rasd:InstanceID>',
                  f'<rasd:ResourceType>{kind}</rasd:ResourceType>']
        # The schema wants the elements in the order of the alphabet.
        return ('      <Item>' + ''.join(sorted([*fields, *(f'<rasd:{m}' for m in more)])) + '</Item>')

    items = [item(1, 3, 'processor', 'VirtualQuantity>1</rasd:VirtualQuantity>'),
             item(2, 4, 'memory', 'AllocationUnits>byte * 2^20</rasd:AllocationUnits>',
                  f'VirtualQuantity>{APPLIANCE_MEMORY}</rasd:VirtualQuantity>'),
             item(3, 20, 'sata', 'Address>0</rasd:Address>', 'ResourceSubType>AHCI</rasd:ResourceSubType>'),
             item(4, 17, 'disk', 'AddressOnParent>0</rasd:AddressOnParent>',
                  'HostResource>ovf:/disk/disk1</rasd:HostResource>', 'Parent>3</rasd:Parent>'),
             item(5, 10, 'card', 'AutomaticAllocation>true</rasd:AutomaticAllocation>',
                  'Connection>NAT</rasd:Connection>', 'ResourceSubType>E1000</rasd:ResourceSubType>')]
    return OVF.format(name=escape(name), disk=escape(disk.name), size=disk.stat().st_size, capacity=capacity,
                      items='\n'.join(items))
