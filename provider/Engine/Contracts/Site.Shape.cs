namespace VmMigrate.Engine.Contracts;

// A VM of ours that a hand has changed is made what it was. Optional: Capabilities.ChangesOff, Capabilities.ChangesRunning.
public abstract partial class Site
{
    /// <summary>The VM, which carries the stamp, has this shape. It must be off for what is not among <see cref="Capabilities.ChangesRunning"/>.</summary>
    public virtual Task EnsureShapedAsync(string vmId, string migrationId, VmShape shape, CancellationToken cancellation) =>
        Task.FromException(Lacks("change a VM's shape"));
}
