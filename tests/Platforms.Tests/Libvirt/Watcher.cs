using VmMigrate.Engine.Blocks;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>Acts on a copy's progress as it goes on.</summary>
internal sealed class Watcher(Action<CopyProgress> see) : IProgress<CopyProgress>
{
    public void Report(CopyProgress value) => see(value);
}
