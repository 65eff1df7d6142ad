using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Schema;
using VmMigrate.Engine.Values;

namespace VmMigrate.Engine.Contracts;

/// <summary>A kind of platform: how a site of it is declared and opened. One line in the platform table each.</summary>
public abstract class PlatformType
{
    /// <summary>The key of its block in a site's config, such as <c>libvirt</c>.</summary>
    public abstract string Key { get; }

    /// <summary>The fields of its block, with credentials marked secret.</summary>
    public abstract ObjectType Block { get; }

    /// <summary>What a declaration may say about a VM that goes to a site of this platform, in the platform's own words: the block <c>target.KEY</c>. Null: nothing.</summary>
    public virtual ObjectType? TargetBlock => null;

    /// <summary>Rules beyond the schema's, without I/O. Unknown members are left alone.</summary>
    public abstract IEnumerable<Finding> Check(MapValue block, PropertyPath at);

    /// <summary>Makes the site's object. Connects to nothing yet: the first call that needs it does.</summary>
    /// <param name="siteName">The site's name in the provider's config.</param>
    /// <param name="block">A checked block that may hold secrets.</param>
    /// <param name="time">Where the site takes its time from.</param>
    public abstract Site Open(string siteName, MapValue block, TimeProvider time);
}
