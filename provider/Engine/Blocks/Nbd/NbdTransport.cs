namespace VmMigrate.Engine.Blocks.Nbd;

/// <summary>Bytes to and from one peer, blocking, each call within the stall limit. For one thread, but for <see cref="Abort"/>.</summary>
internal abstract class NbdTransport : IDisposable
{
    /// <summary>Waits for at least 1 byte; 0 when the peer has closed.</summary>
    /// <exception cref="BlockException">Lost or silent.</exception>
    internal abstract int ReceiveSome(Span<byte> into);

    /// <summary>As <see cref="ReceiveSome"/>, but waits for all of it where that saves calls. May still deliver less.</summary>
    internal virtual int Receive(Span<byte> into) => ReceiveSome(into);

    /// <summary>What has arrived already, without waiting; 0 when nothing has, or where that cannot be told.</summary>
    internal virtual int ReceiveArrived(Span<byte> into) => 0;

    /// <summary>All of it.</summary>
    /// <exception cref="BlockException">Lost or silent.</exception>
    internal abstract void Send(ReadOnlySpan<byte> bytes);

    /// <summary>From any thread: every blocked or later call fails.</summary>
    internal abstract void Abort();

    public abstract void Dispose();

    /// <summary>Fills <paramref name="into"/>.</summary>
    /// <exception cref="BlockException">Also when the peer closes in the middle.</exception>
    internal void ReceiveAll(Span<byte> into, string name)
    {
        while (into.Length > 0)
        {
            var got = Receive(into);
            if (got == 0)
                throw Closed(name);
            into = into[got..];
        }
    }

    internal static BlockException Closed(string name) =>
        new(BlockErrorKind.Lost, $"{name}: the server closed the connection.", canRetry: true) { Disk = name };
}
