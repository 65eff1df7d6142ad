using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using VmMigrate.Engine.Facts;

namespace VmMigrate.Platforms.Aws;

/// <summary>Which private address a network interface gets.</summary>
internal static class AddressPlan
{
    /// <returns>Null: EC2 chooses.</returns>
    internal static string? For(Vm source, int card, string cidr, AwsTarget options)
    {
        if (options.PrivateAddresses.Length > card)
        {
            return options.PrivateAddresses[card] is { Length: > 0 } declared ? declared : null;
        }

        // Which card has which of the guest's addresses is not known; each subnet takes the one that fits it.
        return source.Addresses.FirstOrDefault(address => WhyNot(address, cidr) is null);
    }

    /// <summary>Why an address cannot be had in a subnet; null when it can, as far as the subnet alone tells.</summary>
    /// <remarks>AWS keeps the first four addresses of a subnet and its last.</remarks>
    internal static string? WhyNot(string address, string cidr)
    {
        if (!IPAddress.TryParse(address, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetwork)
        {
            return $"{address} is no IPv4 address";
        }

        var network = IPNetwork.Parse(cidr);
        if (!network.Contains(parsed))
        {
            return $"{address} is not in {cidr}";
        }

        var offset = Number(parsed) - (long)Number(network.BaseAddress);
        var last = (1L << (32 - network.PrefixLength)) - 1;
        return offset < 4 || offset == last ? $"{address} is one of the five that AWS keeps in {cidr} (the first four and the last)" : null;
    }

    private static uint Number(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());
}
