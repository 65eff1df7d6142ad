namespace VmMigrate.Engine.Contracts;

// What commit may do with a source instead of deleting it. Optional: Capabilities.Archives.
public abstract partial class Site
{
    /// <summary>
    /// The VM is put away: off, under another name so that its own is free, without the stamp of its migration, which no later run finds it by, with its fence, so that nobody starts it beside the moved
    /// VM by mistake, and with a mark that says when and by which migration. Its disks stay where they are. The VM must be off and carry the stamp; one that is archived already is left alone.
    /// </summary>
    /// <param name="name">The name from now on; the caller has seen that it is free.</param>
    public virtual Task EnsureArchivedAsync(string vmId, string migrationId, string name, CancellationToken cancellation) =>
        Task.FromException(Lacks("archive a VM"));
}
