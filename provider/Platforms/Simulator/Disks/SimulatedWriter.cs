using VmMigrate.Engine.Blocks;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Simulator.Disks;

internal sealed class SimulatedWriter(OpenDisk open) : BlockWriter
{
    public override string Name => open.Name;

    public override long LengthBytes => open.Disk.LengthBytes;

    public override int MaxChannels => 4;

    public override BlockReader? ReadBack { get; } = new SimulatedReader(open);

    public override BlockWriteChannel Open(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        open.MustLive();
        return new Channel(open);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Channel(OpenDisk open) : BlockWriteChannel
    {
        private readonly ChannelFaults _faults = new(open, "WriteBlocks", BlockErrorKind.WriteFailed);
        private readonly byte[] _scratch = new byte[SimulatedDisk.LeafBytes];
        private long _submitted;

        public override long Submitted => _submitted;

        public override long Completed => _submitted;

        public override void Write(long offset, BlockBuffer buffer)
        {
            var fault = _faults.Before(offset);
            if (fault?.Kind != FaultKind.Lie)
            {
                var leaf = offset / SimulatedDisk.LeafBytes;
                var whole = offset % SimulatedDisk.LeafBytes == 0 && buffer.LengthBytes == open.Disk.LengthOf(leaf);
                if (!open.TakeRoom(open.Disk.IsZero(leaf) ? SimulatedDisk.LeafBytes : 0))
                {
                    throw new BlockException(BlockErrorKind.NoSpace, $"{open.Name}: the storage pool has no room left.", canRetry: false)
                    { Disk = open.Name, Offset = offset, Code = "ENOSPC" };
                }

                if (whole)
                {
                    open.Disk.WriteLeaf(leaf, buffer.Content, _scratch);
                }
                else
                {
                    open.Disk.Write(offset, buffer.Content);
                }
            }

            _submitted++;
            _faults.Pass(buffer.LengthBytes);
            _faults.After(fault, offset);
        }

        public override void WriteZeroes(long offset, long lengthBytes)
        {
            var fault = _faults.Before(offset);
            if (fault?.Kind != FaultKind.Lie)
            {
                open.TakeRoom(open.Disk.WriteZeroes(offset, lengthBytes));
            }

            _submitted++;
            _faults.After(fault, offset);
        }

        public override void Drain() => _faults.ThrowIfAborted();

        public override long BeginFlush() => _submitted++;

        public override void Abort() => _faults.Abort();

        protected override void Dispose(bool disposing) => _faults.Dispose();
    }
}
