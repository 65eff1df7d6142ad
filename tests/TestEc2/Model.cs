namespace VmMigrate.TestEc2;

/// <summary>A pair of keys that may sign.</summary>
internal sealed class Account
{
    internal required string Key { get; init; }

    internal required string Secret { get; init; }

    internal string? Token { get; init; }

    internal DateTimeOffset? Expires { get; set; }

    internal string Arn { get; init; } = "arn:aws:iam::123456789012:user/mover";

    /// <summary>Actions that its policy does not allow, such as <c>ec2:RunInstances</c>.</summary>
    internal HashSet<string> Denied { get; } = [];
}

/// <summary>Anything with an id and tags.</summary>
internal abstract class Thing
{
    internal required string Id { get; init; }

    internal Dictionary<string, string> Tags { get; set; } = [];

    internal DateTimeOffset Made { get; init; }

    /// <summary>How many reads have still to pass before it is seen (eventual consistency).</summary>
    internal int Hidden { get; set; }

    internal string? Name => Tags.GetValueOrDefault("Name");

    /// <summary>Another thing of the same id that says the same; what it refers to is still the original's.</summary>
    internal virtual Thing Copy()
    {
        var copy = (Thing)MemberwiseClone();
        copy.Tags = new Dictionary<string, string>(Tags);
        return copy;
    }
}

internal sealed class Subnet : Thing
{
    internal required string Vpc { get; init; }

    internal required string Zone { get; init; }

    internal required string Cidr { get; init; }
}

internal sealed class SecurityGroup : Thing
{
    internal required string Vpc { get; init; }
}

/// <summary>Nothing is launched from it here: only its name counts.</summary>
internal sealed class LaunchTemplate : Thing
{
    internal required string TemplateName { get; init; }

    internal string? ClientToken { get; init; }
}

internal sealed class Nic : Thing
{
    internal required Subnet Subnet { get; init; }

    internal required string Address { get; init; }

    internal required string Mac { get; init; }

    internal string Description { get; init; } = "";

    internal List<string> Groups { get; init; } = [];

    internal string? Instance { get; set; }

    internal int DeviceIndex { get; set; }

    internal bool DeleteOnTermination { get; set; }
}

internal sealed class Snapshot : Thing
{
    internal required int SizeGib { get; init; }

    /// <summary>pending, completed or error.</summary>
    internal required string State { get; set; }

    internal DateTimeOffset? CompletesAt { get; set; }

    /// <summary>Whether it was begun by StartSnapshot and takes blocks.</summary>
    internal bool TakesBlocks { get; set; }

    internal string? Volume { get; init; }

    internal Snapshot? Parent { get; set; }

    /// <summary>All snapshots and volumes that come of one another.</summary>
    internal required string Lineage { get; init; }

    internal string? KmsKey { get; init; }

    internal string? Description { get; init; }

    /// <summary>The whole content at its moment: 512 KiB blocks that were ever written.</summary>
    internal required Dictionary<int, byte[]> Blocks { get; set; }

    /// <summary>Checksums of blocks that were put into this very snapshot.</summary>
    internal SortedDictionary<int, byte[]> Put { get; private set; } = [];

    internal string? ClientToken { get; init; }

    internal int TokenSeed { get; set; }

    internal override Thing Copy()
    {
        var copy = (Snapshot)base.Copy();
        (copy.Blocks, copy.Put) = (new Dictionary<int, byte[]>(Blocks), new SortedDictionary<int, byte[]>(Put));
        return copy;
    }
}

internal sealed class Volume : Thing
{
    internal required int SizeGib { get; init; }

    internal required string Zone { get; init; }

    internal required string Type { get; init; }

    internal string? Snapshot { get; init; }

    internal int? Iops { get; init; }

    internal int? Throughput { get; init; }

    internal string? KmsKey { get; init; }

    /// <summary>creating, available, in-use.</summary>
    internal required string State { get; set; }

    internal DateTimeOffset? ReadyAt { get; set; }

    internal required string Lineage { get; set; }

    internal required Dictionary<int, byte[]> Blocks { get; set; }

    internal string? Instance { get; set; }

    internal string? Device { get; set; }

    internal bool DeleteOnTermination { get; set; }

    /// <summary>The snapshot whose content it was at that snapshot's moment.</summary>
    internal Snapshot? Last { get; set; }

    internal string? ClientToken { get; init; }

    internal override Thing Copy()
    {
        var copy = (Volume)base.Copy();
        copy.Blocks = new Dictionary<int, byte[]>(Blocks);
        return copy;
    }
}

internal sealed class Image : Thing
{
    internal required string ImageName { get; init; }

    internal required string Architecture { get; init; }

    internal required string RootDevice { get; init; }

    internal required string BootMode { get; init; }

    internal bool Ena { get; init; }

    internal string? Tpm { get; init; }

    internal required List<(string Device, string? Snapshot, int? SizeGib, string Type)> Disks { get; init; }
}

internal sealed class Instance : Thing
{
    internal required InstanceType Type { get; set; }

    internal required Image Image { get; set; }

    internal required string Zone { get; init; }

    internal required string Vpc { get; init; }

    /// <summary>pending, running, stopping, stopped, shutting-down, terminated.</summary>
    internal required string State { get; set; }

    internal DateTimeOffset? SettlesAt { get; set; }

    internal DateTimeOffset LaunchedAt { get; set; }

    internal bool TerminationProtected { get; set; }

    internal bool StopProtected { get; set; }

    internal string AutoRecovery { get; set; } = "default";

    internal string? Profile { get; init; }

    internal string HttpTokens { get; init; } = "optional";

    internal string? ClientToken { get; init; }

    internal Guest? Running { get; set; }

    /// <summary>How the guest on its disk behaves, by hand of the test.</summary>
    internal bool IsDeaf { get; set; }

    internal bool HasNoAgent { get; set; }

    internal string LastConsole { get; set; } = "";

    internal override Thing Copy()
    {
        var copy = (Instance)base.Copy();
        copy.Running = Running?.Copy();
        return copy;
    }
}

internal sealed record InstanceType(
    string Name, int Cpus, int MemoryMib, string Architecture = "x86_64", int MostNics = 4, double NetworkGbit = 10, int EbsMbit = 4750, bool Nitro = true, bool Tpm = true);

/// <summary>An operating system that runs.</summary>
internal abstract class Guest : IDisposable
{
    /// <summary>What its serial port showed since its start.</summary>
    internal abstract string Console { get; }

    /// <summary>Whether it has come up so far that an agent and the status checks see it.</summary>
    internal abstract bool IsUp { get; }

    /// <summary>Presses the power button.</summary>
    internal abstract void AskToStop();

    internal abstract bool HasEnded { get; }

    /// <summary>Another guest in the same state.</summary>
    internal virtual Guest Copy() => throw new NotSupportedException("A guest on a machine of its own cannot be copied.");

    /// <summary>Pulls the plug.</summary>
    public abstract void Dispose();
}
