using System.Security.Cryptography;
using System.Text;
using VmMigrate.Tests;

namespace VmMigrate.Platforms.Tests.Libvirt;

/// <summary>This process's place among the labs of its checkout: two test processes at once have one each, and what a killed one has left is wiped by the next that takes its place.</summary>
internal static class LabSlot
{
    private const int Most = 16;

    private static readonly byte[] Checkout = SHA256.HashData(Encoding.UTF8.GetBytes(Repository.Root));

    /// <summary>Locked for as long as this process lives, however it ends.</summary>
    private static readonly FileStream Held = Take();

    /// <summary>What the names of this process's labs end in.</summary>
    internal static string Name { get; } = Path.GetFileNameWithoutExtension(Held.Name)["vmmigrate-lab-".Length..];

    /// <summary>The first of 64 TCP ports, clear of the lab's own default, of other slots and, most likely, of other checkouts.</summary>
    internal static int Port { get; } = 50_000 + ((Checkout[4] + (int.Parse(Name.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture) * 29)) % 128 * 64);

    private static FileStream Take()
    {
        for (var slot = 0; slot < Most; slot++)
        {
            try
            {
                return new FileStream($"/var/tmp/vmmigrate-lab-{Convert.ToHexStringLower(Checkout.AsSpan(0, 4))}-{slot}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another process of this checkout has it, or another account made it.
            }
        }

        throw new InvalidOperationException($"{Most} test processes of this checkout have a lab already ({Repository.Root}).");
    }
}
