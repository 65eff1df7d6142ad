using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Contracts;

// What the platform itself sees of a VM that was started. Optional.
public abstract partial class Site
{
    /// <summary>The platform's own checks of a VM that was started here. Asks nothing; the gates do.</summary>
    /// <param name="options">As <see cref="VmRequest.Options"/>.</param>
    public virtual IReadOnlyList<PlatformGate> GatesOf(MapValue options) => [];
}
