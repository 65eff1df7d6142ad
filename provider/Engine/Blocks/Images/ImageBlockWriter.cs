namespace VmMigrate.Engine.Blocks.Images;

/// <summary>An image as the copier's target.</summary>
/// <remarks>A write counts as completed when the file has it; what a qcow2 image needs to find it again after a crash is written by a flush.</remarks>
internal sealed class ImageBlockWriter(ImageWriter image, bool ownsImage = true) : BlockWriter
{
    public override string Name => image.FilePath;

    public override long LengthBytes => image.LengthBytes;

    public override int MaxChannels => ImageBlocks.MaxChannels;

    public override BlockReader? ReadBack { get; } = new ImageBlockReader(image, ownsImage: false);

    public override BlockWriteChannel Open(CancellationToken cancellationToken) => new Channel(image);

    public override ValueTask DisposeAsync()
    {
        if (ownsImage)
            image.Dispose();
        return ValueTask.CompletedTask;
    }

    private sealed class Channel(ImageWriter image) : BlockWriteChannel
    {
        private long _submitted;
        private volatile bool _isAborted;

        public override long Submitted => _submitted;

        public override long Completed => _submitted;

        public override void Write(long offset, BlockBuffer buffer)
        {
            ThrowIfAborted();
            try
            {
                image.WriteAt(buffer.Content, offset);
            }
            catch (ImageException e)
            {
                throw ImageBlocks.Failure(e, BlockErrorKind.WriteFailed, offset);
            }

            _submitted++;
        }

        public override void WriteZeroes(long offset, long lengthBytes)
        {
            ThrowIfAborted();
            try
            {
                image.WriteZeroesAt(offset, lengthBytes);
            }
            catch (ImageException e)
            {
                throw ImageBlocks.Failure(e, BlockErrorKind.WriteFailed, offset);
            }

            _submitted++;
        }

        public override void Drain() => ThrowIfAborted();

        public override long BeginFlush()
        {
            ThrowIfAborted();
            try
            {
                image.Flush();
            }
            catch (ImageException e)
            {
                throw ImageBlocks.Failure(e, BlockErrorKind.WriteFailed);
            }

            return _submitted++;
        }

        public override void Abort() => _isAborted = true;

        protected override void Dispose(bool disposing)
        {
        }

        private void ThrowIfAborted()
        {
            if (_isAborted)
                throw ImageBlocks.Aborted(image);
        }
    }
}
