namespace VmMigrate.Engine.Blocks.Images;

/// <summary>An image as the copier's source. Owns the image unless told otherwise.</summary>
internal sealed class ImageBlockReader(ImageReader image, bool ownsImage = true) : BlockReader
{
    /// <summary>Extents handed over in one call: a scattered disk costs 100 KiB for them, not what its size would.</summary>
    private const int ExtentsAtOnce = 4096;

    public override string Name => image.FilePath;

    public override long LengthBytes => image.LengthBytes;

    public override int MaxChannels => ImageBlocks.MaxChannels;

    public override BlockReadChannel Open(CancellationToken cancellationToken) => new Channel(image);

    public override ValueTask DisposeAsync()
    {
        if (ownsImage)
            image.Dispose();
        return ValueTask.CompletedTask;
    }

    private sealed class Channel(ImageReader image) : BlockReadChannel
    {
        private readonly Queue<(long Offset, int Length)> _asked = new();
        private (long Offset, int Length) _current;
        private volatile bool _isAborted;

        public override int Outstanding => _asked.Count + (_current.Length > 0 ? 1 : 0);

        public override void Submit(long offset, int lengthBytes) => _asked.Enqueue((offset, lengthBytes));

        public override BlockPiece Receive(BlockBuffer buffer)
        {
            if (_isAborted)
                throw ImageBlocks.Aborted(image);
            if (_current.Length == 0)
                _current = _asked.Dequeue();
            var (offset, length) = _current;
            buffer.LengthBytes = Math.Min(length, BlockBuffer.CapacityBytes);
            try
            {
                image.ReadAt(buffer.Content, offset);
            }
            catch (ImageException e)
            {
                throw ImageBlocks.Failure(e, BlockErrorKind.ReadFailed, offset);
            }

            _current = (offset + buffer.LengthBytes, length - buffer.LengthBytes);
            return new BlockPiece(offset, buffer.LengthBytes, IsZero: false);
        }

        public override void Extents(long offset, long lengthBytes, List<AllocationExtent> into)
        {
            try
            {
                var before = into.Count;
                foreach (var extent in image.Extents(new Extent(offset, lengthBytes)))
                {
                    into.Add(new AllocationExtent(extent.Range.Offset, extent.Range.LengthBytes, extent.Kind != ImageExtentKind.Data));
                    if (into.Count - before == ExtentsAtOnce || _isAborted)
                        break;
                }
            }
            catch (ImageException e)
            {
                throw ImageBlocks.Failure(e, BlockErrorKind.ReadFailed, offset);
            }
        }

        public override void Abort() => _isAborted = true;

        protected override void Dispose(bool disposing)
        {
        }
    }
}
