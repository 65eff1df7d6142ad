using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources.Functions;

/// <summary>The site that a function's arguments name.</summary>
internal static class SiteOf
{
    internal static Site? Find(MapValue arguments, SiteBook sites, out Finding? error)
    {
        var name = arguments["site"].AsText!;
        var site = sites.Find(name);
        error = site is null
            ? Finding.Error(
                "input.unknown-site", PropertyPath.Of("site"),
                $"The provider's config has no site \"{name}\".{NearestName.Question(name, sites.Names)} It has: {string.Join(", ", sites.Names.Order(StringComparer.Ordinal).Select(known => $"\"{known}\""))}.")
            : null;
        return site;
    }
}
