using System.Collections.Immutable;

namespace VmMigrate.Engine.Spec;

public enum ProbeKind
{
    GuestAgent,
    Tcp,
    Console,
    Http,
    Ssh,
}

/// <summary>One gate: a way to see that the guest is alive, and how often it has to be seen.</summary>
/// <param name="Timeout">From the start of the VM.</param>
/// <param name="Interval">Between two tries.</param>
/// <param name="Port">For <see cref="ProbeKind.Tcp"/> and <see cref="ProbeKind.Ssh"/>.</param>
/// <param name="Host">For <see cref="ProbeKind.Tcp"/> and <see cref="ProbeKind.Ssh"/>; null: the guest's first address.</param>
/// <param name="Contains">What the console, the answer's body or the command's output has to contain.</param>
public sealed record ProbeSpec(ProbeKind Kind, TimeSpan Timeout, TimeSpan Interval, string? Host = null, int Port = 0, string? Contains = null)
{
    /// <summary>It must pass so often in a row.</summary>
    public int Successes { get; init; } = 1;

    /// <summary>It fails after so many failures in a row, before the timeout is over; 0: only the timeout counts.</summary>
    public int Failures { get; init; }

    public HttpProbe? Http { get; init; }

    public SshProbe? Ssh { get; init; }
}

/// <param name="Url">With <c>{guest}</c> for the guest's first address.</param>
/// <param name="Status">The status code that counts as alive.</param>
/// <param name="MaxLatency">The longest time to the whole answer; null: only the limit of a try counts.</param>
/// <param name="VerifyCertificate">Whether a certificate that does not fit the URL's host fails the probe.</param>
public sealed record HttpProbe(string Url, int Status, TimeSpan? MaxLatency, bool VerifyCertificate)
{
    /// <summary>What stands for the guest's first address.</summary>
    public const string Guest = "{guest}";
}

/// <param name="KeyFile">A private key on the machine where the provider runs; null with <paramref name="Key"/>, or for the keys that the SSH client finds by itself.</param>
/// <param name="Key">The name of a key in the provider's config.</param>
/// <param name="HostKey">The guest's public host key as in a known_hosts file, such as <c>ssh-ed25519 AAAA…</c>; null: as the SSH client's own known_hosts has it, and trusted when it has none.</param>
public sealed record SshProbe(string User, string Command, string? KeyFile, string? Key, string? HostKey);

/// <summary>Private keys by name. Prints no key.</summary>
public sealed class SshKeys(ImmutableDictionary<string, string> keys)
{
    public static SshKeys None { get; } = new(ImmutableDictionary<string, string>.Empty);

    public IEnumerable<string> Names => keys.Keys;

    public string? Find(string name) => keys.GetValueOrDefault(name);

    public override string ToString() => $"{keys.Count} keys";
}
