namespace VmMigrate.Engine.Tests.Checks;

/// <summary>Cases that are facts alone: id | what all three share | what trips it | what is just inside. Without either the check is not judged.</summary>
internal static partial class CheckCases
{
    private const string Facts = """
        access.source.auth | | source.site.missingRights=read disks | source.site.missingRights=none
        access.target.auth | | site.missingRights=create VMs | site.missingRights=none
        access.source.version | | source.site.untestedVersion=true | source.site.untestedVersion=false
        access.target.version | | site.untestedVersion=true | site.untestedVersion=false
        access.ports.data | | site.closedPorts=10809 | site.closedPorts=none
        access.ports.control | | site.controlProblem=its certificate is not trusted | site.controlProblem=none
        access.tool.disk-library | | source.site.diskLibraryMissing=true | source.site.diskLibraryMissing=false
        access.mover.network | | site.moverRoute=false | site.moverRoute=true
        request.vm.busy | | vm.busy=backup of vda | vm.busy=
        request.vm.transient | | vm.transient=true | vm.transient=false
        request.vm.inventory-status | | vm.inventoryStatus=orphaned | vm.inventoryStatus=normal
        map.storage.method-mixed | | source.site.mixedMethods=true | source.site.mixedMethods=false
        facts.stale | | site.factAge=901s | site.factAge=900s
        verify.agent | | vm.agent=false | vm.agent=true
        capacity.cpu.cores | source.host.cpus=32 | host.cpus=31 | host.cpus=32
        capacity.cpu.vcpu-fit | vm.cpus=8 | host.maxVcpus=7 | host.maxVcpus=8
        capacity.cpu.frequency | source.host.frequency=2.6 GHz | host.frequency=2.59 GHz | host.frequency=2.6 GHz
        capacity.cpu.utilization | host.cpus=10; vm.cpus=2; host.cpuAverage=60 | vm.cpuAverage=51 | vm.cpuAverage=50
        capacity.cpu.overcommit | host.cpus=10; vm.cpus=4 | host.vcpus=37 | host.vcpus=36
        capacity.memory.ram | vm.memory=8GiB; host.memory=64GiB | host.freeMemory=7GiB | host.freeMemory=8GiB
        capacity.memory.host | source.host.memory=64GiB | host.memory=63GiB | host.memory=64GiB
        capacity.memory.reservation | | vm.memoryReservation=1GiB | vm.memoryReservation=0B
        capacity.storage.hyperv-min | | pool.capacity=999GB | pool.capacity=1000GB
        capacity.storage.iops | pool.media=hdd | vm.iops=3001 | vm.iops=3000
        capacity.storage.latency | vm.diskLatency=2ms | pool.latency=3ms | pool.latency=2ms
        capacity.staging.space | plan.stagingNeed=2GiB | plan.stagingFree=1GiB | plan.stagingFree=2GiB
        capacity.staging.cpu-mem | plan.moverCpus=4 | plan.conversions=5 | plan.conversions=4
        capacity.host.health | | host.state=maintenance | host.state=up
        capacity.target.zone | | site.typeInZone=false | site.typeInZone=true
        capacity.target.type-network | site.typeBandwidth=1 Gbit/s | vm.traffic=1.1 Gbit/s | vm.traffic=1 Gbit/s
        capacity.cost.estimate | plan.budget=100 | plan.monthlyCost=101 | plan.monthlyCost=100
        capacity.right-size | vm.cpus=8; vm.memory=8GiB; vm.memoryPeak=80 | vm.cpuPeak=39 | vm.cpuPeak=40
        cpu.arch | host.arch=x86_64 | vm.arch=aarch64 | vm.arch=x86_64
        cpu.arch.arm-readiness | plan.rebuildForArm=true | guest.packagesWithoutArm=oracle-xe | guest.packagesWithoutArm=none
        cpu.bits | site.minBits=64 | guest.bits=32 | guest.bits=64
        cpu.vendor | vm.cpuVendor=Intel | host.cpuVendor=AMD | host.cpuVendor=Intel
        cpu.features | host.cpuFeatures=sse4.2, avx2 | vm.cpuFeatures=avx2, avx512f | vm.cpuFeatures=avx2
        cpu.model.passthrough | vm.cpuMode=host-passthrough; source.host.cpuModel=Skylake; source.host.microcode=1; host.microcode=1 | host.cpuModel=Broadwell | host.cpuModel=Skylake
        cpu.model.host-model | vm.cpuMode=host-model; host.cpuModels=Broadwell, Skylake | vm.cpuModel=Icelake | vm.cpuModel=Skylake
        cpu.model.custom | vm.cpuMode=custom | vm.cpuModel=Nehalem | vm.cpuModel=none
        cpu.model.unknown | vm.cpuMode=custom; host.cpuModels=Broadwell, Skylake | vm.cpuModel=Icelake | vm.cpuModel=Skylake
        cpu.invtsc | vm.tscFrequency=false | vm.invariantTsc=true | vm.invariantTsc=false
        cpu.evc-baseline | host.evc=5 | vm.evc=6 | vm.evc=5
        cpu.perf-counters | host.vpmu=false | vm.vpmu=true | vm.vpmu=false
        cpu.hw-virt | vm.hypervisor=kvm | host.accelerations=qemu | host.accelerations=kvm, qemu
        cpu.nested | host.nested=false | vm.nested=true | vm.nested=false
        cpu.topology | host.maxSockets=2 | vm.sockets=4 | vm.sockets=2
        cpu.pinning | | vm.cpuPinning=0-3 | vm.cpuPinning=none
        cpu.isolation-policy | | vm.cpuIsolation=isolate threads | vm.cpuIsolation=none
        cpu.guest-limit | vm.cpus=8 | guest.maxCpus=4 | guest.maxCpus=8
        cpu.confidential | | vm.confidential=sev | vm.confidential=none
        cpu.live-blockers | | vm.liveBlockers=VFIO device does not support migration | vm.liveBlockers=none
        memory.size-limit | vm.memory=8GiB | site.maxMemory=7GiB | site.maxMemory=8GiB
        memory.hugepages | host.freeHugepages=4GiB | vm.hugepages=5GiB | vm.hugepages=4GiB
        memory.numa | | vm.numa=2 nodes | vm.numa=none
        memory.ksm | | source.host.sharedPages=1GiB | source.host.sharedPages=0B
        memory.dimm-address | | vm.dimmWithoutAddress=true | vm.dimmWithoutAddress=false
        memory.shmem | | vm.sharedMemory=peer | vm.sharedMemory=master
        memory.pmem | | vm.persistentMemory=4GiB | vm.persistentMemory=0B
        memory.dirty-rate | link.rate=100 MB/s | vm.dirtyRate=101 MB/s | vm.dirtyRate=100 MB/s
        memory.swap-target | host.memory=64GiB; vm.memory=8GiB | host.memoryCommitted=57GiB | host.memoryCommitted=56GiB
        firmware.type | host.firmwares=bios | vm.firmware=uefi | vm.firmware=bios
        firmware.secure-boot | vm.secureBoot=true | host.secureBoot=false | host.secureBoot=true
        firmware.secure-boot.custom-keys | vm.secureBoot=true | guest.customBootKeys=true | guest.customBootKeys=false
        firmware.measured-boot | | guest.measuredBoot=true | guest.measuredBoot=false
        firmware.nvram | guest.fallbackLoader=false | vm.firmware=uefi | vm.firmware=bios
        firmware.fallback-loader | vm.firmware=uefi | guest.fallbackLoader=false | guest.fallbackLoader=true
        firmware.machine-type | host.machines=pc-q35-8.0 | vm.machine=pc-q35-9.0 | vm.machine=pc-q35-8.0
        firmware.hw-version | host.hwVersion=19 | vm.hwVersion=20 | vm.hwVersion=19
        boot.disk-identified | | guest.bootDisks=2 | guest.bootDisks=1
        boot.multi | | guest.osRoots=2 | guest.osRoots=1
        boot.partition-same-disk | guest.family=linux | guest.bootSpansDisks=true | guest.bootSpansDisks=false
        boot.partition-table | disk.partitionTable=mbr | disk.length=2.1TiB | disk.length=2TiB
        boot.loader | guest.family=linux | guest.bootLoader=lilo | guest.bootLoader=grub2
        boot.fstab.devices | guest.family=linux | guest.fstabByPath=1 | guest.fstabByPath=0
        boot.fstab.names | guest.family=linux | guest.fstabByName=1 | guest.fstabByName=0
        boot.fstab.network-mounts | guest.family=linux | guest.networkMounts=/srv | guest.networkMounts=none
        boot.initramfs-drivers | guest.family=linux | guest.initramfsMissing=virtio_blk | guest.initramfsMissing=none
        boot.hibernation | guest.family=windows | guest.hibernated=true | guest.hibernated=false
        boot.pending-reboot | guest.family=windows | guest.pendingReboot=true | guest.pendingReboot=false
        boot.console | | guest.console=false | guest.console=true
        boot.test-boot | | guest.bootedAgo=181d | guest.bootedAgo=180d
        disk.size-positive | | disk.length=0B | disk.length=1B
        disk.size-max | site.maxDisk=2TiB | disk.length=3TiB | disk.length=2TiB
        disk.size-file | pool.maxFile=2TiB | disk.length=3TiB | disk.length=2TiB
        disk.size-rounding | pool.granularity=1GiB | disk.length=1.5GiB | disk.length=2GiB
        disk.fs-overhead | | pool.overheadShort=true | pool.overheadShort=false
        disk.count | | site.maxDisks=0 | site.maxDisks=1
        disk.count-slow | | site.warnDisks=0 | site.warnDisks=1
        disk.bus | host.diskBuses=virtio, scsi | disk.bus=ide | disk.bus=scsi
        disk.controller-nvme | | disk.bus=nvme | disk.bus=scsi
        disk.status | | disk.status=locked | disk.status=ok
        disk.store-present | | disk.poolMissing=true | disk.poolMissing=false
        disk.store-type | | disk.needsOtherMethod=true | disk.needsOtherMethod=false
        disk.path-visible | | disk.pathHidden=true | disk.pathHidden=false
        disk.format | | disk.format=sesparse | disk.format=qcow2
        disk.thin | pool.thin=false | disk.thin=true | disk.thin=false
        disk.trim | | guest.withoutTrim=/data | guest.withoutTrim=none
        disk.sector | pool.sectorSize=512B | disk.sectorSize=4096B | disk.sectorSize=512B
        disk.alignment | | disk.misaligned=true | disk.misaligned=false
        disk.uuid | | disk.uuidUsed=true | disk.uuidUsed=false
        disk.shared | | disk.shared=true | disk.shared=false
        disk.shared.group-complete | | disk.sharedWithOutsideWave=db-02 | disk.sharedWithOutsideWave=none
        disk.rdm | | disk.rdm=physical | disk.rdm=none
        disk.lun-remap | | disk.lun=naa.6005 | disk.lun=none
        disk.passthrough | | disk.passthrough=true | disk.passthrough=false
        disk.mode-independent | | disk.independent=true | disk.independent=false
        disk.transient | | disk.transient=true | disk.transient=false
        disk.cache-mode | | disk.cache=writeback | disk.cache=none
        disk.local-fs | pool.shared=true | disk.local=true | disk.local=false
        disk.rwx | | disk.accessMode=ReadWriteOnce | disk.accessMode=ReadWriteMany
        disk.pv.class | | pool.classLacks=snapshots | pool.classLacks=none
        disk.pv.reclaim | | disk.reclaimDelete=true | disk.reclaimDelete=false
        disk.instance-store | | guest.ephemeralData=true | guest.ephemeralData=false
        disk.temp-letter | guest.family=windows | guest.driveD=true | guest.driveD=false
        disk.san-policy | guest.family=windows | guest.sanPolicy=OfflineShared | guest.sanPolicy=OnlineAll
        disk.dynamic | | guest.dynamicDisk=system | guest.dynamicDisk=none
        disk.mdraid | guest.family=linux | guest.raidDisks=vda, vdb | guest.raidDisks=none
        disk.multipath | | guest.multipath=true | guest.multipath=false
        disk.filesystem | | guest.filesystems=ext4, zfs | guest.filesystems=ext4, xfs
        disk.filesystem.features | guest.family=linux | guest.filesystemFeatures=nrext64 | guest.filesystemFeatures=none
        disk.free-space | | guest.freeSpace=99MB | guest.freeSpace=100MB
        disk.free-inodes | guest.family=linux | guest.freeInodes=99 | guest.freeInodes=100
        disk.fs-dirty | | guest.uncleanFilesystems=/ | guest.uncleanFilesystems=none
        disk.guest-mapping | | guest.unmappedMounts=/data | guest.unmappedMounts=none
        disk.encrypted-at-rest-class | pool.encryptedAtRest=false | disk.encryptedAtRest=true | disk.encryptedAtRest=false
        disk.replication-conflict | | vm.replicator=SRM | vm.replicator=none
        disk.churn | link.rate=100 MB/s | vm.churn=101 MB/s | vm.churn=100 MB/s
        net.vlan.parity | network.vlan=10 | nic.vlan=20 | nic.vlan=10
        net.vlan.guest-tagging | | guest.vlans=100 | guest.vlans=none
        net.mac.pool-exhausted | | network.freeMacs=0 | network.freeMacs=1
        net.ip.subnet | plan.keepAddresses=true; guest.addresses=10.0.0.5 | network.subnets=10.1.0.0/16 | network.subnets=10.0.0.0/16
        net.ip.static-in-guest | | guest.staticAddresses=10.0.0.5 | guest.staticAddresses=none
        net.ip.reserved | plan.keepAddresses=true; guest.addresses=10.0.0.1 | network.reservedAddresses=10.0.0.1 | network.reservedAddresses=10.0.0.2
        net.ip.v6 | | guest.ipv6=2001:db8::5 | guest.ipv6=none
        net.ip.public | | nic.publicAddress=203.0.113.5 | nic.publicAddress=none
        net.ip.virtual | | guest.virtualAddresses=10.0.0.9 | guest.virtualAddresses=none
        net.nic.count | | site.maxNics=0 | site.maxNics=1
        net.nic.model | host.nicModels=virtio | nic.model=e1000 | nic.model=virtio
        net.nic.unplugged | | nic.unplugged=true | nic.unplugged=false
        net.nic.bonding | | guest.bonds=bond0 | guest.bonds=none
        net.nic.naming | guest.family=linux | guest.persistentCardNames=true | guest.persistentCardNames=false
        net.nic.unresolved | | nic.unknownNetwork=vSwitch9 | nic.unknownNetwork=none
        net.nic.offload-sriov | nic.sriov=true | host.freeVirtualFunctions=0 | host.freeVirtualFunctions=1
        net.nic.mtu | nic.mtu=9000 | network.mtu=1500 | network.mtu=9000
        net.nic.mirroring | | nic.mirroring=promiscuous | nic.mirroring=none
        net.nic.hotplug-teaming | nic.sriov=true | nic.teaming=false | nic.teaming=true
        net.security.rules | | vm.securityRules=3 | vm.securityRules=0
        net.segment.identity | plan.keepAddresses=true | network.stretched=false | network.stretched=true
        net.live.bridge-binding | | network.bridgeBinding=true | network.bridgeBinding=false
        net.live.port-clash | | site.clashingPorts=49152 | site.clashingPorts=none
        net.ipfamily.mgmt | source.host.managementFamily=IPv4 | host.managementFamily=IPv6 | host.managementFamily=IPv4
        id.hostname | | guest.hostname=localhost | guest.hostname=web-01
        id.domain-join | guest.domainJoined=true | network.directoryRoute=false | network.directoryRoute=true
        id.cloud-metadata | | vm.usesMetadata=true | vm.usesMetadata=false
        id.cloud-init | | guest.cloudInit=true | guest.cloudInit=false
        os.supported | site.guestList=debian, rhel | guest.os=solaris 11 | guest.os=debian 12
        os.source-conflict | guest.osConfigured=Windows Server 2022 | guest.os=debian 12 | guest.os=windows 2022
        os.eol | | guest.osEnds=2026-11-24 | guest.osEnds=2026-11-26
        os.upgrade-path | | guest.osSuccessor=debian 13 | guest.osSuccessor=none
        os.same-generation | site.driverGeneration=1.1 | guest.driverGeneration=0.9 | guest.driverGeneration=1.1
        os.kernel.xen-pv | | guest.xenPvOnly=true | guest.xenPvOnly=false
        os.kernel.custom | guest.family=linux | guest.kernelCustom=true | guest.kernelCustom=false
        os.kernel.taint-modules | guest.family=linux | guest.kernelModules=edr | guest.kernelModules=none
        os.grub-config | guest.family=linux | guest.grubEdited=true | guest.grubEdited=false
        os.selinux.relabel | guest.family=linux | guest.selinuxFiles=1000001 | guest.selinuxFiles=1000000
        os.windows.virtio-driver | guest.family=windows | guest.windowsWithoutVirtio=true | guest.windowsWithoutVirtio=false
        os.windows.sha2 | guest.family=windows | guest.windowsWithoutSha2=true | guest.windowsWithoutSha2=false
        os.windows.gpo-av | guest.family=windows | guest.driverBlockers=AppLocker | guest.driverBlockers=none
        os.windows.ps-policy | guest.family=windows | guest.signedScriptsOnly=true | guest.signedScriptsOnly=false
        os.windows.locale | guest.family=windows | guest.locale=de-DE | guest.locale=en-US
        os.windows.server-core/nano | guest.family=windows | guest.edition=nano | guest.edition=core
        os.windows.activation | guest.family=windows | guest.activation=oem | guest.activation=kms
        os.windows.vss | guest.family=windows | guest.vss=false | guest.vss=true
        os.linux.ena | | guest.ena=false | guest.ena=true
        os.linux.nvme | | guest.nvme=false | guest.nvme=true
        os.linux.hyperv-ic | guest.family=linux | guest.hypervDrivers=false | guest.hypervDrivers=true
        os.linux.virtio | guest.family=linux | guest.virtio=false | guest.virtio=true
        os.linux.pvscsi-vmxnet | | guest.vmwareDrivers=false | guest.vmwareDrivers=true
        os.linux.python | guest.family=linux | guest.python=false | guest.python=true
        os.linux.packages | guest.family=linux | guest.missingPackages=parted | guest.missingPackages=none
        os.acpi | | guest.acpi=false | guest.acpi=true
        os.time | | guest.clockSource=vmware tools | guest.clockSource=none
        os.kernel.cmdline | guest.family=linux | guest.kernelCommandLine=root=/dev/sda1 | guest.kernelCommandLine=none
        os.appliance | | vm.appliance=NetScaler | vm.appliance=none
        os.physical | | vm.physical=true | vm.physical=false
        tools.source.installed | | guest.tools=not running | guest.tools=running
        tools.source.installing | | guest.toolsInstaller=true | guest.toolsInstaller=false
        tools.source.removal | guest.family=windows | guest.toolsCannotBeRemoved=true | guest.toolsCannotBeRemoved=false
        tools.target.agent | | guest.targetAgent=false | guest.targetAgent=true
        tools.replication-agent.ram | | guest.freeMemory=299MB | guest.freeMemory=300MB
        tools.replication-agent.conflict | | guest.blockFilters=veeam | guest.blockFilters=none
        tools.edr | | guest.securityProducts=edr | guest.securityProducts=none
        tools.cfgmgmt | | guest.configurationAgents=puppet | guest.configurationAgents=none
        tools.monitoring | | guest.monitoring=zabbix | guest.monitoring=none
        tools.remote-access | | guest.remoteAccess=false | guest.remoteAccess=true
        tools.remote-routes | guest.family=windows | guest.persistentRoutes=2 | guest.persistentRoutes=0
        snapshot.present | | vm.snapshots=1 | vm.snapshots=0
        snapshot.memory | | vm.snapshotMemory=true | vm.snapshotMemory=false
        snapshot.depth | | vm.snapshotDepth=31 | vm.snapshotDepth=30
        snapshot.consolidation | | vm.consolidationNeeded=true | vm.consolidationNeeded=false
        snapshot.space | source.pool.free=10GiB | vm.snapshotGrowth=11GiB | vm.snapshotGrowth=10GiB
        snapshot.stun | | vm.snapshotPause=6s | vm.snapshotPause=5s
        snapshot.retention | | plan.recoveryPoints=4 | plan.recoveryPoints=5
        snapshot.schedule-freeze | | plan.backupInWindow=nightly | plan.backupInWindow=none
        cbt.vm | | vm.changeTracking=false | vm.changeTracking=true
        cbt.disk | | disk.changeTracking=false | disk.changeTracking=true
        cbt.equivalent | | disk.changeTracking=false | disk.changeTracking=true
        cbt.reset-risk | | vm.changeTrackingReset=true | vm.changeTrackingReset=false
        backup.recent | | plan.backupAge=25h | plan.backupAge=24h
        backup.restore-tested | | plan.restoreTestAge=91d | plan.restoreTestAge=90d
        backup.agent-license | | plan.backupJob=nightly | plan.backupJob=none
        sched.ha | | vm.ha=true | vm.ha=false
        sched.ha-reservation | | vm.haReservation=25 | vm.haReservation=0
        sched.cluster-role | | vm.clusterRole=true | vm.clusterRole=false
        sched.cluster-remove | | vm.clusterRole=true | vm.clusterRole=false
        sched.ft | | vm.ft=true | vm.ft=false
        sched.drs | | vm.drs=true | vm.drs=false
        sched.drs-moves | | vm.drs=true | vm.drs=false
        sched.host-affinity | | vm.hostAffinity=licensed hosts | vm.hostAffinity=none
        sched.zone-redundancy | | plan.sameZoneReplicas=web-02 | plan.sameZoneReplicas=none
        sched.node-selector | | site.nodesThatFit=0 | site.nodesThatFit=1
        sched.pdb-evict | | site.evictionBlocked=true | site.evictionBlocked=false
        sched.live-parallel | site.liveParallel=5 | plan.waveSize=6 | plan.waveSize=5
        sched.live-enabled | | host.liveEnabled=false | host.liveEnabled=true
        sched.domain-trust | source.host.domain=a.example | host.domain=b.example | host.domain=a.example
        sched.boot-order | | plan.startsTooEarly=app-01 | plan.startsTooEarly=none
        sched.autostart | | vm.autostart=true | vm.autostart=false
        sched.custom-props | | vm.tags=3 | vm.tags=0
        dev.pci-passthrough | | vm.pciDevices=0000:3b:00.0 | vm.pciDevices=none
        dev.sriov | nic.sriov=true | host.iommu=false | host.iommu=true
        dev.gpu | host.gpus=grid_t4-2q | vm.gpu=grid_a100-8c | vm.gpu=grid_t4-2q
        dev.mdev | | vm.mdev=vgpu | vm.mdev=none
        dev.usb | | vm.usb=0x1234 | vm.usb=none
        dev.scsi-generic | | vm.scsiDevices=tape | vm.scsiDevices=none
        dev.vfc | | vm.fibreChannel=wwn 5001 | vm.fibreChannel=none
        dev.display.3d | | vm.display3d=true | vm.display3d=false
        dev.audio | | vm.audio=ich9 | vm.audio=none
        dev.rng | | vm.randomDevice=false | vm.randomDevice=true
        dev.virtiofs-9p | | vm.sharedFolders=/srv | vm.sharedFolders=none
        dev.vsock-vhost | | vm.vhostDevices=vsock | vm.vhostDevices=none
        dev.pr | | disk.reservations=true | disk.reservations=false
        dev.hyperv-enlightenment | | vm.hypervPassthrough=true | vm.hypervPassthrough=false
        dev.graphics-listen | | vm.graphicsListen=10.0.0.1 | vm.graphicsListen=0.0.0.0
        dev.host-bound | | vm.hostBoundDevices=/dev/ttyS4 | vm.hostBoundDevices=none
        crypt.vm-encryption | | disk.encrypted=true | disk.encrypted=false
        crypt.guest-bitlocker | guest.family=windows | guest.bitlocker=on | guest.bitlocker=suspended
        crypt.guest-luks | guest.family=linux | guest.luks=sda2 | guest.luks=none
        crypt.luks-tpm-only | guest.family=linux | guest.luksTpmOnly=true | guest.luksTpmOnly=false
        crypt.boot-pin | | guest.bootPin=PIN | guest.bootPin=none
        crypt.disk-key-handover | | disk.keyNotShared=arn:aws:kms:1 | disk.keyNotShared=none
        crypt.transfer-tls | | link.encrypted=false | link.encrypted=true
        crypt.vmotion-encryption | site.liveEncryption=false | vm.liveEncryption=required | vm.liveEncryption=opportunistic
        crypt.tpm.present | | vm.tpm=true | vm.tpm=false
        crypt.tpm.target | vm.tpm=true | host.tpm=false | host.tpm=true
        crypt.tpm.live-store | vm.tpm=true | vm.tpmStore=local | vm.tpmStore=shared
        crypt.credential-guard | guest.family=windows | guest.credentialGuard=true | guest.credentialGuard=false
        crypt.dpapi-machine-keys | guest.family=windows | guest.tpmCertificates=2 | guest.tpmCertificates=0
        crypt.snapshot-key-rotation | | vm.keyEnds=2026-12-24 | vm.keyEnds=2026-12-26
        crypt.key-escrow | guest.family=linux | guest.luks=sda2 | guest.luks=none
        lic.app-core | vm.cpus=8 | plan.licensedCores=7 | plan.licensedCores=8
        lic.host-bound | | plan.boundLicences=CAD | plan.boundLicences=none
        lic.hypervisor-feature | | site.editionLacks=Storage vMotion | site.editionLacks=none
        lic.marketplace | | vm.marketplace=prod-1 | vm.marketplace=none
        lic.subscription-repo | guest.family=linux | plan.unreachableRepositories=rhui | plan.unreachableRepositories=none
        comp.residency | plan.allowedRegions=eu | site.region=us-east-1 | site.region=eu-central-1
        comp.transfer-basis | plan.personalData=true | site.inEea=false | site.inEea=true
        comp.remote-access | | plan.operatorsOutside=support | plan.operatorsOutside=none
        comp.staging-path | plan.allowedRegions=eu | site.stagingRegion=us-east-1 | site.stagingRegion=eu-west-1
        comp.classification | site.controls=iso27001 | plan.requiredControls=pci | plan.requiredControls=iso27001
        comp.retention-legal-hold | | plan.legalHold=true | plan.legalHold=false
        comp.audit | | plan.auditSink=false | plan.auditSink=true
        sec.rbac.least | | site.extraRights=delete hosts | site.extraRights=none
        sec.rbac.owner-map | | site.unmappedOwners=alice | site.unmappedOwners=none
        sec.pod-security | | site.podSecurity=restricted | site.podSecurity=privileged
        sec.cve.scan | | guest.scanAge=8d | guest.scanAge=7d
        sec.cve.critical | | guest.criticalCves=1 | guest.criticalCves=0
        sec.patch-level | | guest.patchAge=31d | guest.patchAge=30d
        sec.target-hardening | source.host.mitigations=spectre_v2, mds | host.mitigations=mds | host.mitigations=mds, spectre_v2
        sec.malware | | guest.malware=eicar | guest.malware=none
        sec.public-exposure | | vm.newPublicPorts=22 | vm.newPublicPorts=none
        sec.cert-trust | | site.certificateUnchecked=true | site.certificateUnchecked=false
        sec.user-data | | vm.userDataSecrets=1 | vm.userDataSecrets=0
        app.quiesce | | guest.quiesce=false | guest.quiesce=true
        app.db.detected | | guest.database=postgresql | guest.database=none
        app.cluster | | guest.cluster=pacemaker | guest.cluster=none
        app.dc | | guest.domainController=true | guest.domainController=false
        app.distributed-writes | | plan.replicasInSameWave=db-02 | plan.replicasInSameWave=none
        app.licence-server | | plan.licenceServerUnreachable=10.0.0.9 | plan.licenceServerUnreachable=none
        app.dependencies | | plan.crossSiteFlows=3 | plan.crossSiteFlows=0
        app.latency-budget | | plan.latencyAfter=201ms | plan.latencyAfter=200ms
        app.hardcoded-ip | | guest.hardcodedAddresses=2 | guest.hardcodedAddresses=0
        app.timezone-locale | | guest.timezone=Europe/Berlin | guest.timezone=none
        app.hooks | | plan.hooksNotReady=pre-cutover | plan.hooksNotReady=none
        app.cron-double | | guest.jobsAtStart=true | guest.jobsAtStart=false
        bw.sustained | vm.traffic=10 MB/s | link.rate=19 MB/s | link.rate=20 MB/s
        bw.nat | link.nat=true | link.natRate=999 Mbit/s | link.natRate=1 Gbit/s
        bw.vmotion-latency | | link.latency=3ms | link.latency=2ms
        bw.vmotion-rate | | link.liveRate=249 Mbit/s | link.liveRate=250 Mbit/s
        bw.hcx-rate | | link.rate=99 Mbit/s | link.rate=100 Mbit/s
        bw.hyperv-rate | | link.rate=999 Mbit/s | link.rate=1 Gbit/s
        bw.gcp-rate | | link.rate=19 Mbit/s | link.rate=20 Mbit/s
        bw.kubevirt-cap | | site.liveCap=64Mi | site.liveCap=none
        bw.loss-jitter | | link.loss=0.2 | link.loss=0.1
        bw.mtu-path | nic.mtu=1500 | link.mtu=1400 | link.mtu=1500
        time.window | | plan.freezeUntil=2026-11-26 | plan.freezeUntil=2026-11-24
        time.rpo | | plan.syncInterval=6m | plan.syncInterval=5m
        time.rto | plan.rto=1h | plan.rollbackTime=61m | plan.rollbackTime=1h
        time.concurrency | site.concurrency=10 | plan.waveSize=11 | plan.waveSize=10
        quota.vcpu | vm.cpus=8 | site.quotaCpus=7 | site.quotaCpus=8
        quota.instances | | site.quotaVms=0 | site.quotaVms=1
        quota.snapshot | | site.quotaSnapshots=0 | site.quotaSnapshots=1
        quota.api-rate | link.rate=600 MB/s | site.apiRate=500 MB/s | site.apiRate=600 MB/s
        quota.import-tasks | | site.quotaImports=0 | site.quotaImports=1
        quota.ip | | network.freeAddresses=0 | network.freeAddresses=1
        quota.public-ip | nic.publicAddress=203.0.113.5 | site.quotaPublicAddresses=0 | site.quotaPublicAddresses=1
        quota.nic-sg | | site.quotaNics=0 | site.quotaNics=1
        quota.k8s | | site.quotaExceeded=memory | site.quotaExceeded=none
        quota.kms | | site.quotaKeys=0 | site.quotaKeys=1
        quota.azure-machine | | site.brokenMachineRule=two OS disks | site.brokenMachineRule=none
        quota.licence-cap | vm.cpus=8 | site.licenceCores=7 | site.licenceCores=8
        quota.provider-limits-source | | site.limitsAsOf=2026-08-20 | site.limitsAsOf=2026-09-01
        name.valid | site.nameMax=63 | site.namePattern=[A-Z]+ | site.namePattern=[a-z0-9-]+
        name.length.derived | | plan.derivedNameLength=64 | plan.derivedNameLength=63
        name.template | | plan.brokenTemplate={x} | plan.brokenTemplate=none
        name.tags | vm.tags=51 | site.tagMax=50 | site.tagMax=51
        name.resource-group | | site.folderMissing=prod | site.folderMissing=none
        dns.record | | plan.dnsRecords=web.example | plan.dnsRecords=none
        dns.ttl | | plan.dnsTtl=301s | plan.dnsTtl=300s
        dns.resolver | | plan.unreachableResolvers=10.0.0.53 | plan.unreachableResolvers=none
        dns.dynamic-update | guest.family=windows | plan.dynamicDns=false | plan.dynamicDns=true
        dns.split | | plan.missingZones=corp.example | plan.missingZones=none
        lb.member | | vm.loadBalancers=web-pool | vm.loadBalancers=none
        lb.health | plan.healthFailures=5 | plan.healthInterval=31s | plan.healthInterval=30s
        lb.capacity-drain | | plan.memberLoad=81 | plan.memberLoad=80
        lb.source-ip | | plan.clientAddressHidden=true | plan.clientAddressHidden=false
        lb.stickiness | | plan.stickySessions=true | plan.stickySessions=false
        cert.valid | | plan.certificateEnds=2026-12-24 | plan.certificateEnds=2026-12-26
        cert.names | | plan.uncoveredNames=web.example | plan.uncoveredNames=none
        cert.ip-san | | plan.certificateAddresses=10.0.0.5 | plan.certificateAddresses=none
        cert.mtls-peers | | plan.pinnedPeers=2 | plan.pinnedPeers=0
        """;
}
