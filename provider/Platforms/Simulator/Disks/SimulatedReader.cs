using VmMigrate.Engine.Blocks;
using VmMigrate.Platforms.Simulator.Faults;

namespace VmMigrate.Platforms.Simulator.Disks;

internal sealed class SimulatedReader(OpenDisk open) : BlockReader
{
    public override string Name => open.Name;

    public override long LengthBytes => open.Disk.LengthBytes;

    public override int MaxChannels => 4;

    public override BlockReadChannel Open(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        open.MustLive();
        return new Channel(open);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Channel(OpenDisk open) : BlockReadChannel
    {
        private readonly Queue<(long Offset, int Length)> _asked = new();
        private readonly ChannelFaults _faults = new(open, "ReadBlocks", BlockErrorKind.ReadFailed);
        private (long Offset, int Length) _rest;

        public override int Outstanding => _asked.Count + (_rest.Length > 0 ? 1 : 0);

        public override void Submit(long offset, int lengthBytes) => _asked.Enqueue((offset, lengthBytes));

        public override BlockPiece Receive(BlockBuffer buffer)
        {
            var (offset, length) = _rest.Length > 0 ? _rest : _asked.Dequeue();
            var leaf = offset / SimulatedDisk.LeafBytes;
            var part = Math.Min(length, open.Disk.LengthOf(leaf));
            _rest = (offset + part, length - part);
            var fault = _faults.Before(offset);
            buffer.LengthBytes = part;
            var hasContent = open.Disk.ReadLeaf(leaf, buffer.Content);
            if (!hasContent && fault?.Kind != FaultKind.Lie)
            {
                _faults.After(fault, offset);
                return new BlockPiece(offset, part, IsZero: true);
            }

            if (!hasContent)
            {
                buffer.Content.Clear();
            }

            if (fault?.Kind == FaultKind.Lie)
            {
                buffer.Content[part / 2] ^= 0x40;
            }

            _faults.Pass(part);
            _faults.After(fault, offset);
            return new BlockPiece(offset, part, IsZero: false);
        }

        public override void Extents(long offset, long lengthBytes, List<AllocationExtent> into)
        {
            foreach (var extent in open.Disk.Extents(offset, lengthBytes))
            {
                into.Add(new AllocationExtent(extent.Offset, extent.LengthBytes, extent.IsZero));
            }
        }

        public override void Abort() => _faults.Abort();

        protected override void Dispose(bool disposing) => _faults.Dispose();
    }
}
