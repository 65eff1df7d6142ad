using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Planning;

namespace VmMigrate.Platforms.Tests;

/// <summary>Sites that were opened by hand.</summary>
internal sealed class Book(params Site[] sites) : SiteBook
{
    public override IReadOnlyCollection<string> Names => [.. sites.Select(site => site.Name)];

    public override Site? Find(string name) => sites.FirstOrDefault(site => site.Name == name);
}
