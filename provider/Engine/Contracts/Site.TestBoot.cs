namespace VmMigrate.Engine.Contracts;

// A test boot: a throw-away clone of the copied disks, beside a source that runs on. Optional: see Capabilities.WhyNoTestBoot.
public abstract partial class Site
{
    /// <summary>
    /// A VM that is off exists on throw-away clones of the migration's disks as they are now: what it writes changes none of those. It carries the request's stamp (role Test), its name, and
    /// nothing else that tells who the VM is: another id and UUID, other hardware addresses, and no link to any network. One that is there already, of an earlier run, is made anew.
    /// </summary>
    /// <remarks>The VM is there before its disks, and they are gone before it: whoever finds it finds all of it.</remarks>
    /// <returns>Its id.</returns>
    public virtual Task<string> EnsureTestCloneAsync(VmRequest request, CancellationToken cancellation) => throw Lacks("boot a clone of copied disks");

    /// <summary>Every clone of this migration is switched off and gone with its disks.</summary>
    public virtual Task EnsureTestClonesRemovedAsync(string migrationId, CancellationToken cancellation) => Task.CompletedTask;
}
