using VmMigrate.Engine.Blocks;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Engine.Contracts;

// What copies from and to this site keep to, and how its disks are reached.
public abstract partial class Site
{
    /// <summary>Shared by all sites of a provider.</summary>
    public CopyLimits CopyLimits { get; set; } = CopyLimits.Unlimited;

    /// <summary>How many of this site's disks are copied at a time.</summary>
    public DiskSlots DiskSlots { get; set; } = new();

    /// <summary>How a disk here will be read or written, for preview, such as <c>NBD through ssh</c>; opens nothing. Null where there is one way only.</summary>
    /// <param name="disk">A disk of a VM here; null: one that is still to be made.</param>
    public virtual string? DescribeAccess(Disk? disk, string? format) => null;
}
