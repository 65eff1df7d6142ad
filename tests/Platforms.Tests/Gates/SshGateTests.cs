using System.Collections.Immutable;
using VmMigrate.Engine.Gates;
using VmMigrate.Engine.Spec;
using VmMigrate.Platforms.Tests.Libvirt;

namespace VmMigrate.Platforms.Tests.Gates;

/// <summary>Against a real sshd on this machine.</summary>
public sealed class SshGateTests : IAsyncLifetime
{
    private LoopbackSsh _ssh = null!;
    private string _hostKey = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _ssh = await LoopbackSsh.StartAsync(Cancel);
        _hostKey = await _ssh.HostKeyAsync();
    }

    public async ValueTask DisposeAsync() => await _ssh.DisposeAsync();

    [Theory(Timeout = 60_000)]
    [InlineData("echo ready", "ready", true, "succeeded")]
    [InlineData("echo ready", "running", false, "does not print \"running\"")]
    [InlineData("echo no database >&2; exit 3", null, false, "ended with 3: no database")]
    public async Task A_command_counts_by_its_exit_code_and_its_output(string command, string? contains, bool passes, string says)
    {
        var (passed, what) = await SshGate.TryAsync(Probe(command, contains, _ssh.KeyFile, null), "127.0.0.1", SshKeys.None, Cancel);
        Assert.True(passed == passes, what);
        Assert.Contains(says, what, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_key_from_the_config_serves_without_ever_being_in_a_file_an_argument_or_the_environment()
    {
        var text = await File.ReadAllTextAsync(_ssh.KeyFile, Cancel);
        var keys = new SshKeys(ImmutableDictionary<string, string>.Empty.Add("guest", text));
        var secret = text.Split('\n')[1];

        // It ends once it was looked at.
        var seen = Path.Combine(Path.GetTempPath(), $"vmmigrate-seen-{Guid.NewGuid():N}");
        var command = SshGate.TryAsync(Probe($"while ! test -e {seen}; do sleep 0.1; done; echo done", "done", null, "guest"), "127.0.0.1", keys, Cancel);
        var looked = 0;
        while (!command.IsCompleted)
        {
            // The guest is this machine: what every process shows of itself, and the folder that the gate works in.
            var found = await TwoHosts.RunAsync("bash", ["-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; cat /tmp/vmmigrate-ssh-*/* 2>/dev/null; true"]);
            Assert.DoesNotContain(secret, found, StringComparison.Ordinal);
            looked += found.Contains("IdentityAgent=", StringComparison.Ordinal) ? 1 : 0;
            if (looked == 1)
            {
                await File.WriteAllTextAsync(seen, "", Cancel);
            }
        }

        File.Delete(seen);
        var (passed, what) = await command;
        Assert.True(passed, what);
        Assert.True(looked > 0, "It was not looked at while the command ran.");
        Assert.DoesNotContain(secret, keys.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(secret, $"{Probe("true", null, null, "guest")}", StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Another_host_key_than_the_declared_one_is_refused()
    {
        var probe = Probe("true", null, _ssh.KeyFile, null);
        var other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPO3Jg0JnB2C3xNtaXgp0rdD8xqrWQ8w0xqH2Ew5bm5s";
        var (passed, what) = await SshGate.TryAsync(probe with { Ssh = probe.Ssh! with { HostKey = other } }, "127.0.0.1", SshKeys.None, Cancel);
        Assert.False(passed);
        Assert.Contains("verification failed", what, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_a_declared_key_any_is_taken_that_the_account_does_not_know_and_nothing_is_remembered()
    {
        var known = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".ssh", "known_hosts");
        var before = File.Exists(known) ? await File.ReadAllTextAsync(known, Cancel) : null;
        var probe = Probe("true", null, _ssh.KeyFile, null);
        var (passed, what) = await SshGate.TryAsync(probe with { Ssh = probe.Ssh! with { HostKey = null } }, "127.0.0.1", SshKeys.None, Cancel);
        Assert.True(passed, what);
        var after = File.Exists(known) ? await File.ReadAllTextAsync(known, Cancel) : null;

        // Other tests use the account's client as well, but not with this port.
        Assert.DoesNotContain($"[127.0.0.1]:{_ssh.Port}", (after ?? "").Replace(before ?? "", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_key_that_nobody_takes_and_one_that_is_none_are_told_apart()
    {
        var folder = Directory.CreateTempSubdirectory("vmmigrate-test-");
        try
        {
            var file = Path.Combine(folder.FullName, "stranger");
            await TwoHosts.RunAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
            Assert.Contains("Permission denied", (await SshGate.TryAsync(Probe("true", null, file, null), "127.0.0.1", SshKeys.None, Cancel)).What, StringComparison.Ordinal);
            var keys = new SshKeys(ImmutableDictionary<string, string>.Empty.Add("bad", "-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense\n"));
            var (passed, what) = await SshGate.TryAsync(Probe("true", null, null, "bad"), "127.0.0.1", keys, Cancel);
            Assert.False(passed);
            Assert.Contains("key was not accepted", what, StringComparison.Ordinal);
            Assert.DoesNotContain("nonsense", what, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private ProbeSpec Probe(string command, string? contains, string? keyFile, string? key) =>
        new(ProbeKind.Ssh, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), null, _ssh.Port, contains) { Ssh = new SshProbe(LoopbackSsh.Account, command, keyFile, key, _hostKey) };
}
