using System.Xml.Linq;
using VmMigrate.Engine.Contracts;
using static VmMigrate.Platforms.VSphere.Vim.VimXml;

namespace VmMigrate.Platforms.VSphere.Vim;

/// <summary>
/// All objects of one type with some of their properties, kept up to date: the server keeps the view and a filter for the session, and each look asks only for what has changed since the one before.
/// </summary>
/// <remarks>Source: Web Services SDK guide, "Incremental property retrieval". A lost session takes the filter along; then all is read anew. Safe for calls from several threads.</remarks>
internal sealed class VimView(VimClient client, string type, string[] paths) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<MoRef, VimObject> _seen = [];

    /// <summary>As it was given out; null where something has changed since.</summary>
    private IReadOnlyList<VimObject>? _objects;
    private MoRef? _collector;
    private string _version = "";

    /// <summary>The objects as they are now; the very same list as long as nothing changes.</summary>
    internal async Task<IReadOnlyList<VimObject>> ReadAsync(string what, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            for (var losses = 0; ; losses++)
            {
                try
                {
                    if (_collector is null)
                    {
                        await BeginAsync(what, cancellation).ConfigureAwait(false);
                    }

                    await CatchUpAsync(what, cancellation).ConfigureAwait(false);
                    return _objects ??= [.. _seen.Values];
                }
                catch (PlatformException exception) when (exception.NativeCode is VSphereErrors.ObjectGone or "InvalidCollectorVersion" && losses < VimProperties.MostSessionLosses)
                {
                    // Gone with its session.
                    _collector = null;
                }
            }
        }
        catch
        {
            // Where an answer was lost, what has changed since is not known any more.
            _collector = null;
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The session may be somebody else's and go on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_collector is { } collector)
        {
            await VimProperties.ForgetAsync(client, collector, "DestroyPropertyCollector").ConfigureAwait(false);
        }

        _gate.Dispose();
    }

    private async Task BeginAsync(string what, CancellationToken cancellation)
    {
        _collector = null;
        _version = "";
        _seen.Clear();
        _objects = null;
        var view = await VimProperties.CreateViewAsync(client, what, [type], cancellation).ConfigureAwait(false);
        var content = await client.ContentAsync(cancellation).ConfigureAwait(false);
        var collector = MoRef.Of((await client.ReadAsync(what, content.PropertyCollector, "CreatePropertyCollector", cancellation).ConfigureAwait(false)).Child("returnval")!);
        // Whole values: a change of one option comes with all of them.
        await client.ReadAsync(
            what, collector, "CreateFilter", cancellation, El("spec", VimProperties.PropSet(type, paths), VimProperties.ViewSet(view)), El("partialUpdates", false)).ConfigureAwait(false);
        _collector = collector;
    }

    private async Task CatchUpAsync(string what, CancellationToken cancellation)
    {
        while (true)
        {
            var reply = await client.ReadAsync(
                what, _collector!.Value, "WaitForUpdatesEx", cancellation,
                El("version", _version), El("options", El("maxWaitSeconds", 0), El("maxObjectUpdates", VimProperties.PageObjects))).ConfigureAwait(false);
            if (reply.Child("returnval") is not { } update)
            {
                return;
            }

            _version = update.Text("version") ?? _version;
            foreach (var change in update.Children("filterSet").SelectMany(filter => filter.Children("objectSet")))
            {
                Apply(change);
            }

            if (update.Flag("truncated") != true)
            {
                return;
            }
        }
    }

    private void Apply(XElement change)
    {
        if (change.RefAt("obj") is not { } one || one.Type != type)
        {
            return;
        }

        _objects = null;
        if (change.Text("kind") == "leave")
        {
            _seen.Remove(one);
            return;
        }

        // Those who were given the object keep it as it was.
        var properties = _seen.TryGetValue(one, out var before) ? new Dictionary<string, XElement>(before.Properties, StringComparer.Ordinal) : new(StringComparer.Ordinal);
        foreach (var property in change.Children("changeSet"))
        {
            if (property.Child("val") is { } value && property.Text("op") is not ("remove" or "indirectRemove"))
            {
                properties[property.Text("name")!] = value;
            }
            else
            {
                properties.Remove(property.Text("name")!);
            }
        }

        _seen[one] = new VimObject(one, properties);
    }
}
