using System.Globalization;

namespace VmMigrate.TestEc2;

/// <summary>One account in one region: everything that exists, and how it changes with time. Not safe for threads: whoever calls holds <see cref="Gate"/>.</summary>
internal sealed partial class World
{
    internal const int BlockBytes = 512 << 10;
    internal const string Owner = "123456789012";

    /// <summary>No id is ever given twice, whatever else runs on this machine.</summary>
    private uint _salt = (uint)System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue);

    private int _next = 1;

    internal World(TimeProvider time, int seed = 1)
    {
        Time = time;
        Faults = new Faults(seed);
        Subnets.Add(new Subnet { Id = "subnet-00000000000000a01", Vpc = "vpc-0000000000000001", Zone = "xx-test-1a", Cidr = "10.0.2.0/24", Tags = { ["Name"] = "apps-a" } });
        Subnets.Add(new Subnet { Id = "subnet-00000000000000b02", Vpc = "vpc-0000000000000001", Zone = "xx-test-1b", Cidr = "10.0.3.0/28", Tags = { ["Name"] = "apps-b" } });
        Groups.Add(new SecurityGroup { Id = "sg-00000000000000001", Vpc = "vpc-0000000000000001", Tags = { ["Name"] = "default" } });
        foreach (var type in (InstanceType[])
        [
            new("t3.small", 2, 2048, NetworkGbit: 5, EbsMbit: 2085, MostNics: 3), new("t3.medium", 2, 4096, NetworkGbit: 5, EbsMbit: 2085, MostNics: 3),
            new("m6i.large", 2, 8192, NetworkGbit: 12.5, EbsMbit: 10000, MostNics: 3), new("m6i.xlarge", 4, 16384, NetworkGbit: 12.5, EbsMbit: 10000),
            new("c6i.2xlarge", 8, 16384, NetworkGbit: 12.5, EbsMbit: 10000), new("r6i.4xlarge", 16, 131072, NetworkGbit: 12.5, EbsMbit: 10000, MostNics: 8),
            new("m7g.large", 2, 8192, "arm64", NetworkGbit: 12.5, EbsMbit: 10000, MostNics: 3), new("t2.small", 1, 2048, Nitro: false, Tpm: false, EbsMbit: 0),
            new("t3.nano", 2, 512, NetworkGbit: 5, EbsMbit: 2085, MostNics: 2),
        ])
        {
            Types.Add(type.Name, type);
        }
    }

    internal Lock Gate { get; } = new();

    internal TimeProvider Time { get; }

    internal Faults Faults { get; }

    internal GuestRunner Runner { get; set; } = new PretendedGuests();

    internal List<Account> Accounts { get; } = [new Account { Key = "AKIATESTTESTTESTTEST", Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" }];

    internal List<Subnet> Subnets { get; } = [];

    internal List<SecurityGroup> Groups { get; } = [];

    internal List<Nic> Nics { get; } = [];

    internal List<Snapshot> Snapshots { get; } = [];

    internal List<Volume> Volumes { get; } = [];

    internal List<Image> Images { get; } = [];

    internal List<Instance> Instances { get; } = [];

    internal List<LaunchTemplate> Templates { get; } = [];

    internal Dictionary<string, InstanceType> Types { get; } = [];

    internal HashSet<string> Profiles { get; } = ["app-server"];

    internal HashSet<string> KeyPairs { get; } = ["ops"];

    internal HashSet<string> KmsKeys { get; } = ["arn:aws:kms:xx-test-1:123456789012:key/11111111-2222-3333-4444-555555555555"];

    /// <summary>How long a platform's own work takes: a snapshot's completion, a volume's, an instance's start.</summary>
    internal TimeSpan Work { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>After how long the platform pulls the plug of a guest that was asked to stop (several minutes at the real one).</summary>
    internal TimeSpan StopLimit { get; set; } = TimeSpan.FromSeconds(3);

    internal int VcpuQuota { get; set; } = 256;

    internal int PutsPerSecondQuota { get; set; } = 20_000;

    internal int MostPendingSnapshots { get; set; } = 100;

    /// <summary>Calls so far, by action.</summary>
    internal Dictionary<string, int> Calls { get; } = [];

    /// <summary>Blocks that were put, in order of their arrival: snapshot and index.</summary>
    internal List<(string Snapshot, int Index)> Puts { get; } = [];

    internal bool KeepBlocks { get; set; } = true;

    internal DateTimeOffset Now => Time.GetUtcNow();

    internal string NewId(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}-0{_salt:x8}{_next++:x8}");

    internal string NewMac() => string.Create(CultureInfo.InvariantCulture, $"02:00:00:{_next++ >> 16 & 255:x2}:{_next >> 8 & 255:x2}:{_next & 255:x2}");

    /// <summary>How long after a start the first look of the status checks is over.</summary>
    internal TimeSpan ChecksTake { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long after that a guest may be silent at its network card.</summary>
    internal TimeSpan AnswerLimit { get; set; } = TimeSpan.FromMinutes(2);

    internal bool IsHostImpaired { get; set; }

    /// <summary>Lets everything come to where its time has brought it.</summary>
    internal void Settle()
    {
        foreach (var snapshot in Snapshots.Where(snapshot => snapshot.State == "pending" && snapshot.CompletesAt <= Now))
        {
            snapshot.State = "completed";
        }

        foreach (var volume in Volumes.Where(volume => volume.State == "creating" && volume.ReadyAt <= Now))
        {
            volume.State = "available";
        }

        foreach (var instance in Instances)
        {
            if (instance.State == "pending" && instance.SettlesAt <= Now)
            {
                instance.State = "running";
                instance.SettlesAt = null;
            }
            else if (instance.State == "stopping" && (instance.Running is null || instance.Running.HasEnded || instance.SettlesAt <= Now))
            {
                End(instance, "stopped");
            }
            else if (instance.State == "shutting-down" && instance.SettlesAt <= Now)
            {
                End(instance, "terminated");
            }
            else if (instance.State == "running" && instance.Running is { HasEnded: true })
            {
                End(instance, "stopped");
            }
        }
    }

    /// <summary>The system check and the instance check: initializing for a while after a start, then ok, or impaired where nothing answers at the card for too long or the test says so.</summary>
    internal (string System, string Instance) ChecksOf(Instance instance)
    {
        if (instance.State != "running")
        {
            return ("not-applicable", "not-applicable");
        }

        var since = Now - instance.LaunchedAt;
        return since < ChecksTake
            ? ("initializing", "initializing")
            : (IsHostImpaired ? "impaired" : "ok", instance.Running is { IsUp: true } ? "ok" : since < ChecksTake + AnswerLimit ? "initializing" : "impaired");
    }

    internal void Boot(Instance instance)
    {
        instance.State = "pending";
        instance.SettlesAt = Now + Work;
        instance.LaunchedAt = Now;
        instance.LastConsole = "";
        instance.Running = Runner.Start(instance, DisksOf(instance), Time);
    }

    internal void AskToStop(Instance instance, bool force)
    {
        if (instance.State is "stopped" or "stopping")
        {
            return;
        }

        instance.State = "stopping";
        instance.SettlesAt = Now + (force ? Work : StopLimit);
        if (!force)
        {
            instance.Running?.AskToStop();
        }
    }

    internal IReadOnlyList<Volume> DisksOf(Instance instance) =>
        [.. Volumes.Where(volume => volume.Instance == instance.Id).OrderBy(volume => volume.Device == instance.Image.RootDevice ? "" : volume.Device, StringComparer.Ordinal)];

    internal static T Find<T>(List<T> all, string id, Func<Ec2Error> missing)
        where T : Thing
    {
        var found = all.Find(thing => thing.Id == id) ?? throw missing();
        if (found.Hidden > 0)
        {
            found.Hidden--;
            throw missing();
        }

        return found;
    }

    internal Instance FindInstance(string id) => Find(Instances, id, () => Ec2Error.NotFound("InstanceID".Replace("ID", "", StringComparison.Ordinal), id));

    internal Volume FindVolume(string id) => Find(Volumes, id, () => new Ec2Error(400, "InvalidVolume.NotFound", $"The volume '{id}' does not exist."));

    internal Snapshot FindSnapshot(string id) => Find(Snapshots, id, () => new Ec2Error(400, "InvalidSnapshot.NotFound", $"The snapshot '{id}' does not exist."));

    /// <summary>Somebody's image, with a root that boots.</summary>
    internal Image AddImage(string name, string architecture)
    {
        lock (Gate)
        {
            var first = new byte[BlockBytes];
            first.AsSpan().Fill(1);
            var snapshot = new Snapshot { Id = NewId("snap"), SizeGib = 8, State = "completed", Lineage = NewId("line"), Blocks = new() { [0] = first } };
            Snapshots.Add(snapshot);
            return Add(Images, new Image
            {
                Id = NewId("ami"),
                ImageName = name,
                Architecture = architecture,
                RootDevice = "/dev/xvda",
                BootMode = "uefi",
                Ena = true,
                Disks = [("/dev/xvda", snapshot.Id, null, "gp3")],
            });
        }
    }

    internal T Add<T>(List<T> all, T thing)
        where T : Thing
    {
        thing.Hidden = Faults.HiddenReads;
        all.Add(thing);
        return thing;
    }

    /// <summary>A snapshot of a volume as it is at this moment; it takes its time to complete.</summary>
    internal Snapshot Take(Volume volume, Dictionary<string, string> tags, string? description)
    {
        if (volume.Instance is { } id && Instances.Find(instance => instance.Id == id) is { Running: { } guest } running)
        {
            Runner.CollectDisks(guest, DisksOf(running));
        }

        var snapshot = Add(Snapshots, new Snapshot
        {
            Id = NewId("snap"),
            Made = Now,
            SizeGib = volume.SizeGib,
            State = "pending",
            CompletesAt = Now + Work,
            Volume = volume.Id,
            Parent = volume.Last,
            Lineage = volume.Lineage,
            KmsKey = volume.KmsKey,
            Description = description,
            Blocks = new Dictionary<int, byte[]>(volume.Blocks),
            Tags = tags,
        });
        volume.Last = snapshot;
        return snapshot;
    }

    private void End(Instance instance, string state)
    {
        if (instance.Running is { } guest)
        {
            instance.LastConsole = guest.Console;
            guest.Dispose();
            Runner.CollectDisks(guest, DisksOf(instance));
            instance.Running = null;
        }

        instance.State = state;
        instance.SettlesAt = null;
        if (state != "terminated")
        {
            return;
        }

        foreach (var volume in DisksOf(instance))
        {
            if (volume.DeleteOnTermination)
            {
                Volumes.Remove(volume);
            }
            else
            {
                (volume.Instance, volume.Device, volume.State) = (null, null, "available");
            }
        }

        foreach (var nic in Nics.Where(nic => nic.Instance == instance.Id).ToList())
        {
            if (nic.DeleteOnTermination)
            {
                Nics.Remove(nic);
            }
            else
            {
                nic.Instance = null;
            }
        }
    }
}
