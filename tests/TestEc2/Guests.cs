namespace VmMigrate.TestEc2;

/// <summary>How instances get their guests.</summary>
internal abstract class GuestRunner
{
    /// <summary>Starts what is on the instance's root volume; null where nothing on it boots.</summary>
    internal abstract Guest? Start(Instance instance, IReadOnlyList<Volume> disks, TimeProvider time);

    /// <summary>The volumes hold what the guest wrote, from now on.</summary>
    internal virtual void CollectDisks(Guest guest, IReadOnlyList<Volume> disks)
    {
    }
}

/// <summary>
/// A guest without a machine: up a moment after its start when anything is on the first block, off a moment after it was asked. Every tenth of a second it writes a record into its log,
/// which is the fourth block of its first disk.
/// </summary>
internal sealed class PretendedGuests : GuestRunner
{
    internal static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    internal override Guest? Start(Instance instance, IReadOnlyList<Volume> disks, TimeProvider time) =>
        disks.Count > 0 && disks[0].Blocks.TryGetValue(0, out var first) && first.AsSpan().ContainsAnyExcept((byte)0)
            ? new Pretended(time, instance.IsDeaf)
            : null;

    internal override void CollectDisks(Guest guest, IReadOnlyList<Volume> disks)
    {
        var pretended = (Pretended)guest;
        var count = pretended.Records;
        if (count == pretended.Collected || disks.Count == 0)
        {
            return;
        }

        pretended.Collected = count;
        var log = disks[0].Blocks.TryGetValue(LogBlock, out var old) ? (byte[])old.Clone() : new byte[World.BlockBytes];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(log, System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(log) + 1);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(log.AsSpan(8), count);
        disks[0].Blocks[LogBlock] = log;
    }

    private const int LogBlock = 3;

    private sealed class Pretended(TimeProvider time, bool isDeaf) : Guest
    {
        private readonly DateTimeOffset _upAt = time.GetUtcNow() + Moment;
        private DateTimeOffset? _endsAt;

        internal int Collected { get; set; } = -1;

        internal int Records => (int)(((_endsAt < time.GetUtcNow() ? _endsAt.Value : time.GetUtcNow()) - _upAt).TotalMilliseconds / 100);

        internal override string Console => IsUp ? "Linux version 6.1\nguest login: " : "Linux version 6.1\n";

        internal override bool IsUp => time.GetUtcNow() >= _upAt;

        internal override bool HasEnded => _endsAt is { } at && time.GetUtcNow() >= at;

        internal override void AskToStop()
        {
            if (!isDeaf)
            {
                _endsAt ??= time.GetUtcNow() + Moment;
            }
        }

        internal override Guest Copy() => (Guest)MemberwiseClone();

        public override void Dispose()
        {
        }
    }
}
