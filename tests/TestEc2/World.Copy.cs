namespace VmMigrate.TestEc2;

internal sealed partial class World
{
    /// <summary>Another world in the same state, which goes its own way from here. Nobody waits in it, and nothing is set to go wrong.</summary>
    internal World Copy()
    {
        lock (Gate)
        {
            var copy = new World(Time)
            {
                _salt = _salt,
                _next = _next,
                Runner = Runner,
                Work = Work,
                StopLimit = StopLimit,
                VcpuQuota = VcpuQuota,
                PutsPerSecondQuota = PutsPerSecondQuota,
                MostPendingSnapshots = MostPendingSnapshots,
                KeepBlocks = KeepBlocks,
                ChecksTake = ChecksTake,
                AnswerLimit = AnswerLimit,
                IsHostImpaired = IsHostImpaired,
            };
            Refill(copy.Accounts, Accounts);
            Refill(copy.Subnets, Subnets);
            Refill(copy.Groups, CopyOf(Groups));
            Refill(copy.Nics, CopyOf(Nics));
            Refill(copy.Images, CopyOf(Images));
            Refill(copy.Snapshots, CopyOf(Snapshots));
            Refill(copy.Volumes, CopyOf(Volumes));
            Refill(copy.Instances, CopyOf(Instances));
            Refill(copy.Templates, CopyOf(Templates));
            Refill(copy.Puts, Puts);
            foreach (var (action, count) in Calls)
            {
                copy.Calls[action] = count;
            }

            copy.Snapshots.ForEach(snapshot => snapshot.Parent = Same(copy.Snapshots, snapshot.Parent));
            copy.Volumes.ForEach(volume => volume.Last = Same(copy.Snapshots, volume.Last));
            copy.Instances.ForEach(instance => instance.Image = Same(copy.Images, instance.Image)!);
            return copy;
        }
    }

    private static void Refill<T>(List<T> all, IEnumerable<T> with)
    {
        all.Clear();
        all.AddRange(with);
    }

    private static IEnumerable<T> CopyOf<T>(List<T> things)
        where T : Thing => things.Select(thing => (T)thing.Copy());

    /// <summary>The copy of a thing; the thing itself where it is gone from the world already.</summary>
    private static T? Same<T>(List<T> copies, T? thing)
        where T : Thing => thing is null ? null : copies.Find(copy => copy.Id == thing.Id) ?? thing;
}
