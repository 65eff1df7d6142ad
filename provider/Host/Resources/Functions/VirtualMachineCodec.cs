using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Facts;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources.Functions;

/// <summary>A VM's facts as a function's result. What is unknown is absent.</summary>
internal static class VirtualMachineCodec
{
    internal static MapValue Write(Site site, Vm vm) => Value.Map(
        ("id", Value.Text(vm.Id)),
        ("name", Value.Text(vm.Name)),
        ("site", Value.Text(site.Name)),
        ("host", Text(vm.Host)),
        ("powerState", Value.Text(vm.Power.ToString())),
        ("cpus", vm.Cpus.TryGet(out var cpus) ? Value.Number(cpus) : Value.Null),
        ("memoryBytes", Bytes(vm.MemoryBytes)),
        ("firmware", vm.Firmware.TryGet(out var firmware) ? Value.Text(firmware.ToString()) : Value.Null),
        ("machine", Text(vm.Machine)),
        ("architecture", Text(vm.Architecture)),
        ("disks", Value.List(vm.Disks.Select(disk => Value.Map(
            ("name", Value.Text(disk.Name)),
            ("bus", Text(disk.Bus)),
            ("format", Text(disk.Format)),
            ("path", Value.Text(disk.Location)),
            ("storagePool", Text(disk.Pool)),
            ("bytes", Bytes(disk.LengthBytes)),
            ("allocatedBytes", Bytes(disk.AllocatedBytes)))))),
        ("networkCards", Value.List(vm.Nics.Select(nic => Value.Map(
            ("mac", Value.Text(nic.Mac)),
            ("model", Text(nic.Model)),
            ("network", Text(nic.Network)))))),
        ("guestAgent", vm.AgentAnswers.TryGet(out var answers) ? Value.Bool(answers) : Value.Null),
        ("guestOs", Text(vm.GuestOs)),
        ("addresses", Value.List(vm.Addresses.Select(address => Value.Text(address)))),
        ("migrationId", Value.Text(vm.Stamp?.MigrationId)));

    private static Value Text(Fact<string> fact) => fact.TryGet(out var text) ? Value.Text(text) : Value.Null;

    private static Value Bytes(Fact<long> fact) => fact.TryGet(out var bytes) ? Value.Number(bytes) : Value.Null;
}
