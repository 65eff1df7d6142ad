using VmMigrate.Engine.Checks;
using VmMigrate.Engine.Contracts;
using VmMigrate.Engine.Planning;
using VmMigrate.Engine.Values;

namespace VmMigrate.Host.Resources.Functions;

/// <summary>A function about the site that its argument <c>site</c> names.</summary>
internal abstract class SiteFunction(Func<SiteBook> sites) : Function
{
    internal override async Task<FunctionOutcome> InvokeAsync(MapValue arguments, CancellationToken cancellation)
    {
        var (name, book) = (arguments["site"].AsText!, sites());
        if (book.Find(name) is not { } site)
        {
            return Failed(
                "input.unknown-site", "site",
                $"The provider's config has no site \"{name}\".{NearestName.Question(name, book.Names)} It has: {string.Join(", ", book.Names.Order(StringComparer.Ordinal).Select(known => $"\"{known}\""))}.");
        }

        try
        {
            return await AskAsync(site, arguments, cancellation);
        }
        catch (PlatformException e)
        {
            return Failed("access.site.reach", "site", $"Site \"{site.Name}\" ({site.Where}) cannot be read: {e.Message}");
        }
    }

    protected abstract Task<FunctionOutcome> AskAsync(Site site, MapValue arguments, CancellationToken cancellation);

    protected static FunctionOutcome Failed(string id, string property, string message) =>
        new(Value.EmptyMap, [Finding.Error(id, PropertyPath.Of(property), message)]);
}
