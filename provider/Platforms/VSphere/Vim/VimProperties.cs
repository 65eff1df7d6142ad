using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere.Vim;

/// <summary>One object's asked properties, by their paths; what the object does not have, or the account may not see, is absent.</summary>
internal sealed record VimObject(MoRef Ref, IReadOnlyDictionary<string, XElement> Properties)
{
    internal XElement? this[string path] => Properties.GetValueOrDefault(path);

    internal string? Text(string path) => this[path]?.Value;

    internal bool? Flag(string path) => Text(path) switch { "true" or "1" => true, "false" or "0" => false, _ => null };

    internal MoRef? RefOf(string path) => this[path] is { } element ? MoRef.Of(element) : null;

    internal static VimObject Of(XElement content) => new(
        MoRef.Of(content.Child("obj")!),
        content.Children("propSet").ToDictionary(property => property.Text("name")!, property => property.Child("val")!, StringComparer.Ordinal));
}

/// <summary>Reads properties through the server's property collector, page by page.</summary>
internal static class VimProperties
{
    /// <summary>Objects in one reply: with 12 KB per VM some 3 MB.</summary>
    internal const int PageObjects = 250;

    /// <summary>How often a read of many objects is begun anew after its session was lost, before it is given up.</summary>
    internal const int MostSessionLosses = 3;

    /// <summary>The asked properties of objects that are named. An object that is gone is left out.</summary>
    internal static async Task<IReadOnlyList<VimObject>> ReadAsync(
        this VimClient client, string what, IReadOnlyCollection<MoRef> objects, string[] paths, CancellationToken cancellation)
    {
        if (objects.Count == 0)
        {
            return [];
        }

        var specs = objects.Select(one => one.Type).Distinct().Select(type => PropSet(type, paths));
        return await RetrieveAsync(
            client,
            what,
            El("specSet", [.. specs, .. objects.Select(one => El("objectSet", Ref("obj", one), El("skip", false))), El("reportMissingObjectsInResults", true)]),
            cancellation).ConfigureAwait(false);
    }

    /// <summary>One object's properties; null when it is gone.</summary>
    internal static async Task<VimObject?> ReadOneAsync(this VimClient client, string what, MoRef one, string[] paths, CancellationToken cancellation)
    {
        try
        {
            return await client.ReadAsync(what, [one], paths, cancellation).ConfigureAwait(false) is [var found, ..] ? found : null;
        }
        catch (PlatformException exception) when (exception.NativeCode == VSphereErrors.ObjectGone)
        {
            return null;
        }
    }

    /// <summary>All objects of the given types in the inventory that the account sees.</summary>
    internal static async Task<IReadOnlyList<VimObject>> ReadAllAsync(
        this VimClient client, string what, IReadOnlyDictionary<string, string[]> pathsByType, CancellationToken cancellation)
    {
        for (var losses = 0; ; losses++)
        {
            MoRef? view = null;
            try
            {
                view = await CreateViewAsync(client, what, pathsByType.Keys, cancellation).ConfigureAwait(false);
                return await RetrieveAsync(
                    client,
                    what,
                    El("specSet", [.. pathsByType.Select(pair => PropSet(pair.Key, pair.Value)), ViewSet(view.Value)]),
                    cancellation).ConfigureAwait(false);
            }
            catch (PlatformException exception) when (exception.NativeCode == VSphereErrors.ObjectGone && losses < MostSessionLosses)
            {
                // The view is gone with its session; it is begun anew in the next one.
            }
            finally
            {
                if (view is { } made)
                {
                    await ForgetAsync(client, made, "DestroyView").ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>A view of all objects of the given types; to be given back by <c>DestroyView</c>.</summary>
    internal static async Task<MoRef> CreateViewAsync(VimClient client, string what, IEnumerable<string> types, CancellationToken cancellation)
    {
        var content = await client.ContentAsync(cancellation).ConfigureAwait(false);
        var views = content.Manager("viewManager") ?? throw new PlatformException(PlatformErrorKind.Unsupported, client.Site, $"{what}: the server has no view manager");
        var created = await client.ReadAsync(
            what, views, "CreateContainerView", cancellation,
            [Ref("container", content.RootFolder), .. types.Select(type => El("type", type)), El("recursive", true)]).ConfigureAwait(false);
        return MoRef.Of(created.Child("returnval")!);
    }

    internal static XElement PropSet(string type, string[] paths) =>
        El("propSet", [El("type", type), El("all", false), .. paths.Select(path => El("pathSet", path))]);

    /// <summary>Everything that a container view holds.</summary>
    internal static XElement ViewSet(MoRef view) => El(
        "objectSet",
        Ref("obj", view),
        El("skip", true),
        Typed("selectSet", "TraversalSpec", El("name", "view"), El("type", view.Type), El("path", "view"), El("skip", false)));

    /// <summary>Gives back what the server keeps for us; the session's end does that too.</summary>
    internal static async Task ForgetAsync(VimClient client, MoRef kept, string method)
    {
        try
        {
            await client.ChangeAsync("tidying up", kept, method, CancellationToken.None).ConfigureAwait(false);
        }
        catch (PlatformException)
        {
            // It is gone with its session already.
        }
    }

    private static async Task<IReadOnlyList<VimObject>> RetrieveAsync(VimClient client, string what, XElement spec, CancellationToken cancellation)
    {
        var collector = (await client.ContentAsync(cancellation).ConfigureAwait(false)).PropertyCollector;
        var found = new List<VimObject>();
        var page = await client.ReadAsync(
            what, collector, "RetrievePropertiesEx", cancellation, spec, El("options", El("maxObjects", PageObjects))).ConfigureAwait(false);
        while (true)
        {
            var result = page.Child("returnval");
            // An object that is gone comes without a property, and says so where its properties would be missed.
            found.AddRange(result.Children("objects").Where(one => one.Child("propSet") is not null || one.Child("missingSet") is null).Select(VimObject.Of));
            if (result.Text("token") is not { Length: > 0 } token)
            {
                return found;
            }

            page = await client.ReadAsync(what, collector, "ContinueRetrievePropertiesEx", cancellation, El("token", token)).ConfigureAwait(false);
        }
    }
}
