using System.Collections.Immutable;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Contracts;

/// <summary>How a guest of another platform is fitted to this one before it first starts here, by a program of the provider's machine that changes its disks.</summary>
/// <param name="Program">Looked for in the path.</param>
/// <param name="Package">Where to get it, for messages.</param>
/// <param name="Does">What it changes in the guest, for preview.</param>
public sealed record GuestConversion(string Program, string Package, string Does)
{
    /// <summary>Why a guest needs it here; null where it starts with what it has.</summary>
    public required Func<Vm, string?> WhyNeeded { get; init; }

    /// <summary>The arguments: from a folder that is theirs to write in, the disks as qcow2 images in the VM's order, and the VM.</summary>
    public required Func<string, ImmutableArray<string>, Vm, ImmutableArray<string>> Arguments { get; init; }

    /// <summary>The bus of all its disks afterwards; null where they keep theirs.</summary>
    public string? DiskBus { get; init; }

    /// <summary>The model of all its cards afterwards; null where they keep theirs.</summary>
    public string? NicModel { get; init; }

    public bool IsInstalled => InstalledProgram.Find(Program) is not null;

    /// <summary>The VM's shape once its guest is converted.</summary>
    public Vm Fit(Vm vm) => vm with
    {
        Disks = DiskBus is { } bus ? [.. vm.Disks.Select(disk => disk with { Bus = Fact.Known(bus) })] : vm.Disks,
        Nics = NicModel is { } model ? [.. vm.Nics.Select(nic => nic with { Model = Fact.Known(model) })] : vm.Nics,
    };
}

// Guests of other platforms. Optional.
public abstract partial class Site
{
    /// <summary>How guests of that platform are fitted to this one; null where nothing is known to do it. Asks nothing.</summary>
    public virtual GuestConversion? ConversionFrom(string platform) => null;
}
