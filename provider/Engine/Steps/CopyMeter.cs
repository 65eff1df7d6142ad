using System.Globalization;
using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Driving;
using VmMigrate.Engine.Text;

namespace VmMigrate.Engine.Steps;

/// <summary>The progress of all disks of a VM that are copied in one step, as one live line.</summary>
internal sealed class CopyMeter
{
    private readonly Run _run;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, DiskProgress> _disks = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    internal CopyMeter(Run run) => _run = run;

    /// <summary>Announces a disk, so that it counts from the beginning.</summary>
    /// <param name="bytes">What is expected to be copied of it.</param>
    internal void Expect(string disk, long bytes)
    {
        lock (_gate)
        {
            if (!_disks.ContainsKey(disk))
                _order.Add(disk);
            _disks[disk] = new DiskProgress(this, bytes);
        }
    }

    internal DiskProgress Of(string disk)
    {
        lock (_gate)
        {
            if (!_disks.TryGetValue(disk, out var progress))
            {
                _order.Add(disk);
                _disks[disk] = progress = new DiskProgress(this, 0);
            }

            return progress;
        }
    }

    /// <summary>Nothing had to be done for a disk.</summary>
    internal void Skip(string disk)
    {
        lock (_gate)
            _disks[disk].Finish();
    }

    internal void Done(string disk, CopyResult result)
    {
        lock (_gate)
        {
            _disks[disk].Finish();
            _run.Transferred += result.WrittenBytes;
            _run.CopyTime += result.Duration;
        }
    }

    internal void Show(string phase)
    {
        string line;
        lock (_gate)
        {
            var (done, total, rate) = (0L, 0L, 0.0);
            TimeSpan? left = null;
            var parts = new List<string>();
            foreach (var disk in _order)
            {
                var one = _disks[disk];
                done += one.DoneBytes;
                total += one.ExpectedBytes;
                rate += one.BytesPerSecond;
                left = one.Left is { } time && (left is null || time > left) ? time : left;
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{disk} {one.Percent} %{(one.Left is { } rest && !one.IsFinished ? $" ({Human.Duration(rest)})" : "")}"));
            }

            line = string.Create(
                CultureInfo.InvariantCulture,
                $"{phase} {(_order.Count == 1 ? _order[0] : _run.Name)} {(total == 0 ? 100 : done * 100 / total)} % · {Human.Bytes(done)} of {Human.Bytes(total)} · {Human.Rate(rate)}")
                + (left is { } all ? $" · {Human.Duration(all)} left" : "")
                + (_order.Count > 1 ? $" · {string.Join(", ", parts)}" : "")
                + (_order.Select(disk => _disks[disk].Notice?.Invoke()).FirstOrDefault(notice => notice is not null) is { } notice ? $" · {notice}" : "");
        }

        _run.Events.Status(phase, line);
    }
}

/// <summary>One disk's part of the line.</summary>
internal sealed class DiskProgress(CopyMeter meter, long expectedBytes) : IProgress<CopyProgress>
{
    private long _expected = expectedBytes;

    internal long DoneBytes { get; private set; }

    internal long ExpectedBytes => Math.Max(_expected, DoneBytes);

    internal double BytesPerSecond { get; private set; }

    internal TimeSpan? Left { get; private set; }

    /// <summary>What slows the copy down just now, as one of its sides tells.</summary>
    internal Func<string?>? Notice { get; set; }

    internal bool IsFinished { get; private set; }

    /// <summary>The copy went on from an earlier run's.</summary>
    internal bool WasResumed { get; private set; }

    internal long Percent => ExpectedBytes == 0 ? 100 : DoneBytes * 100 / ExpectedBytes;

    public void Report(CopyProgress value)
    {
        WasResumed |= value.ResumedBytes > 0;
        // What an earlier run did, or is there already, is no work: the disk is expected to need that much less.
        var need = value.TotalBytes == 0 ? _expected : _expected - (long)((double)_expected * value.ResumedBytes / value.TotalBytes);
        DoneBytes = value.TransferredBytes + value.SameBytes;
        _expected = Math.Max(DoneBytes, need);
        BytesPerSecond = value.BytesPerSecond;
        Left = value.Left;
        meter.Show(value.Phase);
    }

    internal void Finish()
    {
        IsFinished = true;
        _expected = DoneBytes;
        BytesPerSecond = 0;
        Left = null;
    }
}
