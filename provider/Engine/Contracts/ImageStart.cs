using System.Collections.Immutable;

namespace VmMigrate.Engine.Contracts;

/// <summary>A VM that starts from an image of its platform, with copied disks beside the image's own.</summary>
/// <param name="Image">The platform's id of it.</param>
/// <param name="Devices">From each copied disk's name to the device name that it gets.</param>
public sealed record ImageStart(string Image, ImmutableDictionary<string, string> Devices);
