namespace VmMigrate.Platforms.Libvirt.Disks;

/// <summary>A place for a unix socket that QEMU on a host makes and that we can connect to. Gone when disposed.</summary>
/// <param name="hostPath">As QEMU sees it.</param>
/// <param name="ourPath">As we see it.</param>
/// <param name="close">Frees both.</param>
internal sealed class SharedSocket(string hostPath, string ourPath, Func<ValueTask> close) : IAsyncDisposable
{
    internal string HostPath => hostPath;

    internal string OurPath => ourPath;

    public ValueTask DisposeAsync() => close();
}
