namespace VmMigrate.TestEc2;

/// <summary>What goes wrong, and how often. All by a seeded dice, so that a run can be had again.</summary>
internal sealed class Faults(int seed)
{
    private readonly Random _dice = new(seed);
    private readonly Lock _gate = new();

    /// <summary>Share of calls of EC2 that are refused for their rate.</summary>
    internal double Throttled { get; set; }

    /// <summary>Share of calls of EBS direct that are refused for their rate.</summary>
    internal double BlocksThrottled { get; set; }

    /// <summary>Share of calls with blocks whose content is spoilt on the way, in either direction.</summary>
    internal double Corrupted { get; set; }

    /// <summary>Share of calls that are answered with a server's error after they took effect.</summary>
    internal double LostReplies { get; set; }

    /// <summary>Lists of blocks begin with a page that has nothing and says that there is more, as the service may where blocks are scarce.</summary>
    internal bool EmptyPages { get; set; }

    /// <summary>How many reads do not see a new thing yet.</summary>
    internal int HiddenReads { get; set; }

    /// <summary>Called with the action before anything happens; may throw an <see cref="Ec2Error"/> or cancel the expiry of keys.</summary>
    internal Action<string>? Before { get; set; }

    /// <summary>Called with the action and its effect before it has that; true: the call is lost on its way, and whoever asked for it may have its effect later, in this world or a copy of it.</summary>
    internal Func<string, Action<World>, bool>? Lose { get; set; }

    internal bool Strikes(double share)
    {
        lock (_gate)
        {
            return share > 0 && _dice.NextDouble() < share;
        }
    }
}
